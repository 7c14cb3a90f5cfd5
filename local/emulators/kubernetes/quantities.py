"""Kubernetes quantities: `512Mi`, `1.5G`, `250m`, `1e3`."""

import re
from decimal import Decimal

_QUANTITY = re.compile(r"([+-]?[0-9]*\.?[0-9]+)(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?[0-9]+)?")
_BINARY = {suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def parse(text: str | int | float) -> Decimal:
    """The number a quantity stands for. Raises ValueError with a sentence."""
    match = _QUANTITY.fullmatch(str(text).strip())
    if not match:
        raise ValueError(f'"{text}" is not a quantity such as 250m, 512Mi or 1.5G')
    number, suffix = Decimal(match[1]), match[2]
    if not suffix:
        return number
    if suffix in _BINARY:
        return number * _BINARY[suffix]
    if suffix in _DECIMAL:
        return number * Decimal(10) ** _DECIMAL[suffix]
    return number * Decimal(10) ** int(suffix[1:])
