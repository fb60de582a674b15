"""What the peers do: each way to do each work, as its users write it.

usage: peers.py PEER WORK FILE OUT
       peers.py compare ONE.npy OTHER.npy

Run as a process of its own for every measurement. Prints one line of JSON: the seconds of the
work, from opening the file, after all imports, and its value. Works that write do it to OUT.
"""

import json
import sys
import time


def bands(dataset, size=16 << 20):
    """The dataset by bands of whole chunks, some 16 MB each."""
    rows, columns = dataset.shape
    high = dataset.chunks[0] if dataset.chunks else 1
    high *= max(1, size // (high * columns * dataset.dtype.itemsize))
    for first in range(0, rows, high):
        yield first, dataset[first : first + high]


def result_dtype(dataset):
    """What a mean of the dataset is of."""
    return dataset.dtype if dataset.dtype.kind == "f" else "f8"


class Whole:
    """h5py loads everything, NumPy computes."""

    def __init__(self):
        import h5py
        import hdf5plugin  # noqa: F401 (registers the filters)
        import numpy

        self.open, self.np = h5py.File, numpy

    def load(self, path):
        with self.open(path) as f:
            return f["x"][...]

    def mean(self, path, out):
        return [self.load(path).mean(0)]

    def mean_std(self, path, out):
        x = self.load(path)
        return [x.mean(0), x.std(0)]

    def standardise(self, path, out):
        x = self.load(path)
        self.np.save(out, (x - x.mean(0)) / x.std(0))

    def count(self, path, out):
        return self.np.count_nonzero(self.load(path) > 0.5)


class Chunks(Whole):
    """h5py by bands of chunks, NumPy on each; means and deviations of bands merged in one pass."""

    def mean(self, path, out):
        with self.open(path) as f:
            d = f["x"]
            total = self.np.zeros(d.shape[1])
            for _, b in bands(d):
                total += b.sum(0, dtype="f8")
            return [total / len(d)]

    def moments(self, d):
        count, mean, squares = 0, self.np.zeros(d.shape[1]), self.np.zeros(d.shape[1])
        for _, b in bands(d):
            n, m = len(b), b.mean(0, dtype="f8")
            step = m - mean
            squares += b.var(0, dtype="f8") * n + step**2 * (count * n / (count + n))
            count += n
            mean += step * (n / count)
        return mean, self.np.sqrt(squares / count)

    def mean_std(self, path, out):
        with self.open(path) as f:
            return list(self.moments(f["x"]))

    def standardise(self, path, out):
        with self.open(path) as f:
            d = f["x"]
            dtype = result_dtype(d)
            mean, std = (v.astype(dtype) for v in self.moments(d))
            to = self.np.lib.format.open_memmap(out, "w+", dtype, d.shape)
            for first, b in bands(d):
                to[first : first + len(b)] = (b - mean) / std
            to.flush()

    def count(self, path, out):
        with self.open(path) as f:
            return sum(int(self.np.count_nonzero(b > 0.5)) for _, b in bands(f["x"]))


class Dask(Whole):
    """dask.array with its own choice of blocks and its threads."""

    def __init__(self):
        super().__init__()
        import dask
        import dask.array

        dask.config.set(scheduler="threads")
        self.da, self.compute = dask.array, dask.compute

    def array(self, f):
        return self.da.from_array(f["x"])

    def mean(self, path, out):
        with self.open(path) as f:
            return list(self.compute(self.array(f).mean(0)))

    def mean_std(self, path, out):
        with self.open(path) as f:
            x = self.array(f)
            return list(self.compute(x.mean(0), x.std(0)))

    def standardise(self, path, out):
        with self.open(path) as f:
            x = self.array(f)
            y = (x - x.mean(0)) / x.std(0)
            to = self.np.lib.format.open_memmap(out, "w+", y.dtype, y.shape)
            self.da.store(y, to, lock=False)
            to.flush()

    def count(self, path, out):
        with self.open(path) as f:
            return self.da.count_nonzero(self.array(f) > 0.5).compute()


class Ch5mpy(Whole):
    """ch5mpy's H5Array, with NumPy's functions on it. It has no std: made from its mean."""

    def __init__(self):
        super().__init__()
        import typing

        if not hasattr(typing, "override"):
            # it needs this of Python 3.12, and nothing else
            typing.override = lambda function: function
        import ch5mpy

        self.ch5mpy = ch5mpy

    def array(self, path):
        return self.ch5mpy.H5Dict(self.ch5mpy.File(path, self.ch5mpy.H5Mode.READ))["x"]

    def std(self, x, mean):
        return self.np.sqrt(self.np.mean((x - mean) ** 2, axis=0))

    def mean(self, path, out):
        return [self.np.mean(self.array(path), axis=0)]

    def mean_std(self, path, out):
        x = self.array(path)
        mean = self.np.mean(x, axis=0)
        return [mean, self.std(x, mean)]

    def standardise(self, path, out):
        x = self.array(path)
        mean = self.np.mean(x, axis=0)
        self.np.save(out, (x - mean) / self.std(x, mean))

    def count(self, path, out):
        return self.np.count_nonzero(self.array(path) > 0.5)


PEERS = {"whole": Whole, "chunks": Chunks, "dask": Dask, "ch5mpy": Ch5mpy}


def compare(one, other):
    """The largest difference of two .npy files, read by bands."""
    import numpy as np

    a, b = np.load(one, mmap_mode="r"), np.load(other, mmap_mode="r")
    if a.shape != b.shape or a.dtype != b.dtype:
        return f"{a.shape} {a.dtype} against {b.shape} {b.dtype}"
    high = max(1, (16 << 20) // (a[:1].nbytes or 1))
    most = 0.0
    for first in range(0, len(a), high):
        most = max(most, float(abs(a[first : first + high] - b[first : first + high]).max()))
    return most


def main(argv):
    if argv[0] == "compare":
        print(json.dumps({"difference": compare(*argv[1:])}))
        return
    name, work, path, out = argv
    peer = PEERS[name]()
    start = time.perf_counter()
    value = getattr(peer, work)(path, out)
    seconds = time.perf_counter() - start
    if isinstance(value, list):
        value = [v.tolist() for v in value]
    elif value is not None:
        value = int(value)
    print(json.dumps({"seconds": seconds, "value": value}))


if __name__ == "__main__":
    main(sys.argv[1:])
