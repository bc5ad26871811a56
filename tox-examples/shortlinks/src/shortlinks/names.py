"""Numbers as short names."""

LETTERS = "0123456789abcdefghijkmnopqrstuvwxyz"


def name_of(number: int) -> str:
    if number < 0:
        raise ValueError("names begin with 0")
    name = LETTERS[number % len(LETTERS)]
    while number := number // len(LETTERS):
        name = LETTERS[number % len(LETTERS)] + name
    return name


def number_of(name: str) -> int:
    number = 0
    for letter in name:
        number = number * len(LETTERS) + LETTERS.index(letter)
    return number
