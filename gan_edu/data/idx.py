"""The idx format of MNIST (LeCun, Cortes & Burges 1998), read strictly."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
import torch

from ..errors import DataError

GZIP = b"\x1f\x8b"


def read_idx(path):
    """Reads an idx file of bytes, gzipped or not, as a uint8 tensor of the shape that its header declares.

    Raises DataError, naming the file and the remedy, for anything that is not exactly such a file.
    """
    path = Path(path)
    raw = _uncompressed(path)
    remedy = f"Delete {path} and load the data again, or put a good copy in its place."
    if len(raw) < 4 or raw[:2] != b"\0\0":
        raise DataError(f"{path} is not an idx file: it begins with {raw[:4]!r}, not with two zero bytes. {remedy}")
    kind, dimensions = raw[2], raw[3]
    if kind != 0x08 or dimensions not in (1, 3):
        raise DataError(
            f"{path} has the magic number 0x{int.from_bytes(raw[:4], 'big'):08x}; images have 0x00000803 and labels "
            f"0x00000801. {remedy}"
        )
    header = 4 + 4 * dimensions
    if len(raw) < header:
        raise DataError(f"{path} ends inside its header. {remedy}")
    shape = struct.unpack(f">{dimensions}I", raw[4:header])
    expected, found = math.prod(shape), len(raw) - header
    if found != expected:
        which = "truncated" if found < expected else "too long"
        size = "×".join(map(str, shape))
        raise DataError(f"{path} is {which}: it declares {size} bytes of data and holds {found:,}. {remedy}")
    return torch.from_numpy(np.frombuffer(raw, np.uint8, offset=header).reshape(shape).copy())


def _uncompressed(path):
    try:
        raw = path.read_bytes()
        if raw[:2] == GZIP:
            return gzip.decompress(raw)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"{path} is a damaged or truncated gzip archive ({error}). Delete it and load the data again."
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}). Check the file and its permissions.") from error
    if raw.lstrip()[:1] == b"<":
        raise DataError(
            f"{path} is a web page, not data: a download was answered with an error or a login page. "
            "Delete it and load the data again, or copy the real file there."
        )
    if path.suffix == ".gz":
        raise DataError(f"{path} is called .gz but is not gzip data. Delete it and load the data again.")
    return raw
