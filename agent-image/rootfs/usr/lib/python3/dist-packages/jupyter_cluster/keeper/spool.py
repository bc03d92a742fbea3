"""Messages on local disk: a ring of files, the oldest of which is dropped as a whole."""

import os
from typing import Dict, List, NamedTuple, Sequence, Set, Tuple


class Place(NamedTuple):
    """Where a message lies: which file, from which byte, and the length of each part."""

    file: int
    offset: int
    lengths: Tuple[int, ...]


class Spool:
    """Written in the order in which messages come; nothing of it outlives the process."""

    def __init__(self, directory: str, bytes_max: int, files: int = 8) -> None:
        self._directory = directory
        self._file_bytes_max = max(1, bytes_max // files)
        self._files_max = files
        self._descriptors: Dict[int, int] = {}
        self._live: Dict[int, Set[int]] = {}
        self._current = -1
        self._end = 0

    def write(self, number: int, parts: Sequence[bytes]) -> Tuple[Place, List[int]]:
        """Raises OSError when the disk takes no more; what was written before stays.

        @param number by which the message is dropped later
        @returns where it lies, and the numbers of those that had to make room
        """
        size = sum(map(len, parts))
        dropped: List[int] = []
        if self._current < 0 or self._end + size > self._file_bytes_max:
            dropped = self._next_file()
        data = b"".join(parts)
        descriptor = self._descriptors[self._current]
        written = os.pwrite(descriptor, data, self._end)
        if written != size:
            raise OSError("the disk took only a part of a message")
        place = Place(self._current, self._end, tuple(map(len, parts)))
        self._end += size
        self._live[self._current].add(number)
        return place, dropped

    def read(self, place: Place) -> List[bytes]:
        data = os.pread(self._descriptors[place.file], sum(place.lengths), place.offset)
        parts, at = [], 0
        for length in place.lengths:
            parts.append(data[at : at + length])
            at += length
        return parts

    def drop(self, number: int, place: Place) -> None:
        """Nobody will read it again; a file of which all is dropped is given back."""
        live = self._live.get(place.file)
        if live is None:
            return
        live.discard(number)
        if not live and place.file != self._current:
            self._close(place.file)

    def close(self) -> None:
        for file in list(self._descriptors):
            self._close(file)
        self._current = -1

    def _next_file(self) -> List[int]:
        dropped: List[int] = []
        if 0 <= self._current and not self._live[self._current]:
            self._close(self._current)
        while len(self._descriptors) >= self._files_max:
            oldest = min(self._descriptors)
            dropped.extend(sorted(self._live[oldest]))
            self._close(oldest)
        number = self._current + 1
        path = os.path.join(self._directory, f"spill-{number}")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        # Without a name the space comes back with the process, however it ends.
        os.unlink(path)
        self._descriptors[number] = descriptor
        self._live[number] = set()
        self._current, self._end = number, 0
        return dropped

    def _close(self, file: int) -> None:
        os.close(self._descriptors.pop(file))
        del self._live[file]
