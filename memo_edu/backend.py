"""Which array library computes, and where: NumPy in, NumPy out at the edges."""

import functools
import importlib.metadata
import importlib.util
import traceback

import array_api_compat
import numpy as np
import psutil

from memo_edu.errors import BackendError, CapacityError

EXTRAS = "pip install 'memo-edu[gpu]' (CUDA 13) or 'memo-edu[gpu-cuda12]' (CUDA 12)"
# What a GPU's error names, and what to do about it.
REMEDIES = {
    "MemoryAllocation": "It has no memory left. Close what else uses it, and start Python anew.",
    "OutOfMemory": "It has no memory left. Close what else uses it, and start Python anew.",
    "InsufficientDriver": "Update the NVIDIA driver.",
    "": f"Uninstall CuPy and install it afresh, with the CUDA libraries that it needs: {EXTRAS}.",
}


class Backend:
    """An array library and the device on which its arrays live.

    While a model works on n tokens, a block at a time, this is all that goes to the device: the
    tokens' rows in its table of vectors, and the vectors of those that are new (with
    repeats="once" or a penalty also which pairs count how much). And this comes back: the largest
    and the smallest number of each array; when asked, the answers' rows, or their scores.

    Args:
        xp: a module that follows the array API standard, such as NumPy or CuPy.
        device: a device of that library; None is the library's own default.

    Source: the Python array API standard, https://data-apis.org/array-api (2024).

    Example:
        >>> numpy = get_backend("numpy")
        >>> numpy.to_numpy(numpy.asarray([1.0, 2.0]))
        array([1., 2.])
    """

    def __init__(self, xp, device=None):
        try:
            # A module's own functions need not know devices, as CuPy's do not; its namespace's do.
            self.xp = array_api_compat.array_namespace(xp.empty(1))
            self.xp.empty(1, device=device)
        except (ValueError, TypeError) as error:
            raise BackendError(f"{xp.__name__} has no device {device!r}: {error}.") from error
        self.device = device
        self.name = self.xp.__name__.removeprefix("array_api_compat.")

    def asarray(self, array, dtype=None):
        """Move numbers to the device, if they are not there yet.

        Args:
            array: any array or nested list; (…).
            dtype: "float32", "float64", "int64", or None to keep the array's own.

        Returns:
            An array of this backend with the same shape.

        Raises:
            CapacityError: the device has no room for it.
        """
        if self.owns(array):
            dtype = array.dtype if dtype is None else getattr(self.xp, dtype)
            return self.xp.astype(array, dtype, copy=False)
        try:
            return self.xp.asarray(np.asarray(to_numpy(array), dtype=dtype), device=self.device)
        except MemoryError as error:
            raise CapacityError(f"The {self.name} backend has no room left: {error}") from error

    def owns(self, array):
        """Tell whether an array already lives on this backend's device."""
        if not array_api_compat.is_array_api_obj(array):
            return False
        if array_api_compat.array_namespace(array) is not self.xp:
            return False
        return self.device is None or array_api_compat.device(array) == self.device

    def to_numpy(self, array):
        """Bring an array back to the host, as a NumPy array of the same shape."""
        return to_numpy(array)

    def copy_rows(self, rows, array, first):
        """Copy rows into an array from row `first` on, converted to its format.

        Args:
            rows: (n, m).
            array: (N, m), of this backend, N at least first + n.
            first: a row of the array.
        """
        target = slice(first, first + rows.shape[0])
        try:
            array[target, :] = rows  # most libraries convert in passing
        except TypeError:  # the standard does not ask them to
            array[target, :] = self.xp.astype(rows, array.dtype)

    def free_memory(self):
        """Say how many bytes are free where this backend computes."""
        if self.name == "cupy":
            import cupy

            kept = cupy.get_default_memory_pool().free_bytes()  # to be used again
            return cupy.cuda.runtime.memGetInfo()[0] + kept
        return psutil.virtual_memory().available

    def require(self, needed, what):
        """Refuse work that cannot fit, before anything is allocated.

        Args:
            needed: bytes that will be allocated.
            what: the thing that needs them, for the message.

        Raises:
            CapacityError: more is needed than is free.
        """
        free, needed = self.free_memory(), min(needed, 10**30)  # no float holds an absurd number
        if needed > free:
            raise CapacityError(
                f"{what} needs {needed / 1e9:,.1f} GB of memory and {free / 1e9:,.1f} GB are free. "
                "Choose a smaller dim or vocab_size."
            )

    def __repr__(self):
        return (
            f"Backend({self.name!r})"
            if self.device is None
            else (f"Backend({self.name!r}, device={self.device})")
        )


def to_numpy(array):
    """Bring any array to the host.

    Args:
        array: an array of any library and device, or a nested list; (…).

    Returns:
        A NumPy array of the same shape.

    Example:
        >>> to_numpy([[1, 2]]).shape
        (1, 2)
    """
    if not array_api_compat.is_array_api_obj(array) or isinstance(array, np.ndarray):
        return np.asarray(array)
    xp = array_api_compat.array_namespace(array)
    host = xp.Device("CPU_DEVICE") if xp.__name__ == "array_api_strict" else "cpu"
    return np.asarray(array_api_compat.to_device(array, host))


def get_backend(name="auto", device=None):
    """Find an array library that really works on this machine.

    Args:
        name: "numpy"; "cupy"; "auto" (CuPy if a GPU answers, else NumPy); any module that
            follows the array API standard; or a Backend, which is returned as it is.
        device: a device of that library; None is the library's own default.

    Returns:
        A Backend.

    Raises:
        BackendError: the name is unknown, or a GPU was asked for and none answers.

    Example:
        >>> get_backend("numpy")
        Backend('numpy')
    """
    if isinstance(name, Backend):
        return name
    if name == "auto":
        cupy, _ = _find_cupy()
        return Backend(cupy if cupy is not None else np, device)
    if name == "numpy":
        return Backend(np, device)
    if name == "cupy":
        cupy, found = _find_cupy()
        if cupy is None:
            raise BackendError(f"No working GPU: {found} Without one use backend='numpy'.")
        return Backend(cupy, device)
    if hasattr(name, "asarray") and hasattr(name, "matmul"):
        return Backend(name, device)
    raise BackendError(
        f"There is no backend {name!r}. Choose 'numpy', 'cupy', 'auto', or pass a module that "
        "follows the array API standard."
    )


@functools.cache
def _find_cupy():
    """Return (cupy, what was found); cupy is None unless a first product was right."""
    try:
        if importlib.util.find_spec("cupy") is None:
            return None, f"CuPy is not installed. For an NVIDIA GPU: {EXTRAS}."
        names = _cupy_packages()
        if len(names) > 1:
            return None, (
                f"{' and '.join(names)} are installed at once, and overwrite each other's files. "
                f"Uninstall all of them, then install one: {EXTRAS}."
            )
        import cupy

        if not cupy.cuda.is_available():
            return None, _why_no_gpu(cupy.cuda.runtime)
        # 4097 is 2¹² + 1: a product that keeps fewer bits than float32 has is found out.
        ones = cupy.ones((64, 64), dtype=cupy.float32)
        if float(((4097 * ones) @ ones)[0, 0]) != 4097 * 64:
            return None, "A GPU answers, with a wrong product. Unset CUPY_TF32, update the driver."
        return cupy, _describe_gpu(cupy.cuda.runtime)
    except Exception as error:  # a broken driver may raise anything at all
        said = one_line(error)
        remedy = next(remedy for name, remedy in REMEDIES.items() if name in said)
        return None, f"CuPy is installed, but its first operation failed ({said}). {remedy}"


def _cupy_packages():
    """List the installed packages that bring the module cupy: there must not be two."""
    names = ["cupy", *(f"cupy-cuda{version}x" for version in range(11, 20))]
    return [name for name in names if any(importlib.metadata.distributions(name=name))]


def _why_no_gpu(runtime):
    """Say what is missing between CuPy and a GPU, and what to do about it."""
    driver, needed = runtime.driverGetVersion(), runtime.runtimeGetVersion()
    if driver == 0:
        return "CuPy is installed, but it sees no NVIDIA driver. If there is a GPU, install one."
    if driver // 1000 < needed // 1000:
        driver, needed = (f"CUDA {v // 1000}.{v % 1000 // 10}" for v in (driver, needed))
        return (
            f"The NVIDIA driver is too old: it knows {driver}, and CuPy is made for {needed}. "
            "Update the driver, or uninstall CuPy and take the extra for the driver's CUDA."
        )
    return "CuPy and a driver are there, but no GPU. Unset CUDA_VISIBLE_DEVICES, which may hide it."


def _describe_gpu(runtime):
    """Name the GPU and its memory."""
    name = runtime.getDeviceProperties(runtime.getDevice())["name"]
    free, total = (size / 1e9 for size in runtime.memGetInfo())
    name = name.decode(errors="replace") if isinstance(name, bytes) else name
    return f"{name} works; {free:.1f} of its {total:.1f} GB are free."


def one_line(error):
    r"""Tell an exception in one line, even one that cannot tell itself.

    Example:
        >>> one_line(OSError("libnvrtc.so:\n    cannot open"))
        'OSError: libnvrtc.so: cannot open'
    """
    while error.__cause__ is not None:  # CuPy wraps the fault itself in a page of advice
        error = error.__cause__
    return " ".join("".join(traceback.format_exception_only(error)).split())[:300]
