"""What is in an environment: distributions, bytecode, damage, and the record of it."""
