"""Sets of cells as whole numbers: bit n stands for the cell that is n-th in starting order.

They are immutable, and cheap to combine: ten thousand cells are little more than a kilobyte.
"""

from collections.abc import Iterable, Iterator


def mask(indexes: Iterable[int], size: int) -> int:
    """Return the set of `indexes`, each below `size`."""
    bits = bytearray(size // 8 + 1)
    for index in indexes:
        bits[index >> 3] |= 1 << (index & 7)
    return int.from_bytes(bits, "little")


def lowest(members: int) -> int:
    """Return the first index of a set that is not empty."""
    return (members & -members).bit_length() - 1


def indexes(members: int) -> Iterator[int]:
    """Yield the indexes of a set, ascending."""
    while members:
        first = members & -members
        yield first.bit_length() - 1
        members ^= first
