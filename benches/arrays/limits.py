"""What this machine can do: the limits that the figures are set beside.

usage: limits.py memory            memory bandwidth, GB/s: sums of float64 on all cores
       limits.py write FILE MB     bytes into a new file's pages on all cores, GB/s
       limits.py read FILE         bytes out of a file's cached pages on all cores, GB/s
       limits.py inflate FILE      zlib over the chunks of x on all cores, MB/s of decoded data

Each is run as a process of its own, by threads of Python that wait in C; the best of three.
"""

import os
import sys
import threading
import time

CORES = len(os.sched_getaffinity(0))
PIECE = 4 << 20


def best(work, items, times=3):
    """The fewest seconds in which all cores do `work` on all items."""
    fewest = float("inf")
    for _ in range(times):
        left = iter(items)
        lock = threading.Lock()

        def worker():
            own = bytearray(PIECE)
            while True:
                with lock:
                    item = next(left, None)
                if item is None:
                    return
                work(item, own)

        threads = [threading.Thread(target=worker) for _ in range(CORES)]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        fewest = min(fewest, time.perf_counter() - start)
    return fewest


def memory():
    import numpy as np

    parts = [np.ones(1 << 21) for _ in range(32)]
    return sum(p.nbytes for p in parts) / best(lambda part, _: part.sum(), parts) / 1e9


def write(path, megabytes):
    data = os.urandom(PIECE)
    count = max(1, int(megabytes) * 1_000_000 // PIECE)
    fewest = float("inf")
    for _ in range(3):
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        put = lambda i, _: os.pwrite(fd, data, i * PIECE)
        fewest = min(fewest, best(put, range(count), 1))
        os.close(fd)
        os.unlink(path)
    return count * PIECE / fewest / 1e9


def read(path):
    fd = os.open(path, os.O_RDONLY)
    size = os.fstat(fd).st_size
    get = lambda at, own: os.preadv(fd, [own], at)
    return size / best(get, range(0, size, PIECE)) / 1e9


def inflate(path):
    import zlib

    import h5py

    with h5py.File(path) as f:
        d = f["x"]
        places = []
        d.id.chunk_iter(lambda chunk: places.append((chunk.byte_offset, chunk.size)))
        size = d.nbytes
    fd = os.open(path, os.O_RDONLY)
    decode = lambda place, _: zlib.decompress(os.pread(fd, place[1], place[0]))
    return size / best(decode, places) / 1e6


if __name__ == "__main__":
    what = {"memory": memory, "write": write, "read": read, "inflate": inflate}[sys.argv[1]]
    print(what(*sys.argv[2:]))
