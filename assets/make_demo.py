"""Make assets/demo.h5, the file to try ch5tui with.

    python -m pip install -r tests/requirements.txt
    python assets/make_demo.py              writes demo.h5 beside this script
    python assets/make_demo.py OTHER.h5     writes it elsewhere

The file is a made-up night at a synchrotron: the satellite reflection of the
charge density wave in NbSe2 fades as the crystal is warmed from 6 K to 45 K in
eleven runs. Between them its objects use what HDF5 has to offer (every class of
datatype but bit fields and times; contiguous, compact, chunked and virtual
layout; hard, soft and external links; references, dimension scales, images,
comments), and /analysis is laid out as ch5mpy does.

The random seed is fixed and no times are stored: with the versions pinned in
tests/requirements.txt, running this twice gives the same bytes.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

SEED = 20260309

# the runs: temperature in K, and what the night shift remarked
SETPOINTS = [6.0, 12.0, 18.0, 22.0, 26.0, 29.0, 31.0, 32.0, 33.0, 36.0, 45.0]
REMARKS = {
    1: "base temperature, très stable",
    7: "beam lost for two minutes",
    9: "just below the transition",
    11: "no satellite left 🎉",
}
BEAM_LOST = 7
START = np.datetime64("2026-03-09T18:00:00", "s")
RUN_EVERY = np.timedelta64(40, "m")

# the physics: intensity of the satellite ~ (1 - T/TC)^(2 BETA)
TC = 33.2
BETA = 0.33

FRAMES, CHANNELS, HEIGHT, WIDTH = 20, 2, 32, 40
SAMPLES, BINS = 120, 128

TEXT = h5py.string_dtype()
QUALITY = h5py.enum_dtype({"good": 0, "suspect": 1, "pile_up": 2}, basetype="u1")
POSITION = np.dtype([("x", "f4"), ("y", "f4"), ("z", "f4")])
EVENT = np.dtype(
    [
        ("timestamp", "i8"),
        ("position", POSITION),
        ("energy", "f4"),
        ("label", "S8"),
        ("quality", QUALITY),
        ("charge", "u2", (4,)),
    ]
)


# ---------------------------------------------------------------- helpers


def dataset(parent, name, data=None, attrs=None, **options):
    """A dataset with its attributes and without times."""
    made = parent.create_dataset(name, data=data, track_times=False, **options)
    made.attrs.update(attrs or {})
    return made


def group(parent, name, /, ordered=False, **attrs):
    """A group with its attributes; `ordered` tracks creation order."""
    made = parent.create_group(name, track_order=ordered, track_times=False)
    made.attrs.update(attrs)
    return made


def units(unit, long_name, **more):
    """The attributes of a measured quantity."""
    return {"units": unit, "long_name": long_name, **more}


def comment(thing, text):
    """Give an object a comment."""
    h5py.h5o.set_comment(thing.id, text.encode())


def gaussian(x, centre, width):
    return np.exp(-0.5 * ((x - centre) / width) ** 2)


def run_name(number):
    return f"run_{number:02}"


def run_start(number):
    return START + (number - 1) * RUN_EVERY


def order_parameter(temperature):
    """Intensity of the satellite, 1 at absolute zero, 0 above TC."""
    return max(0.0, 1.0 - temperature / TC) ** (2 * BETA)


# ---------------------------------------------------------------- the parts


def write_types(f):
    """/types: datatypes that datasets share."""
    types = group(f, "types")
    types["quality"] = QUALITY
    types["position"] = POSITION
    types["event"] = EVENT
    types["event"].attrs["version"] = "2.1"


def write_instrument(f, rng):
    """/instrument: detector, axes, machine."""
    instrument = group(f, "instrument", NX_class="NXinstrument", name="Aurora")

    detector = group(
        instrument, "detector", NX_class="NXdetector", sensor="silicon, 320 µm", serial=np.uint32(0xC0FFEE)
    )
    detector.attrs["pixel_size"] = np.array([172.0, 172.0])
    detector.attrs["pixel_size_units"] = "µm"
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[:, 29] = True  # the gap between two chips
    mask[[3, 11, 19, 26], [4, 33, 12, 21]] = True  # dead pixels
    dataset(detector, "pixel_mask", mask, {"long_name": "pixels to ignore"})
    flat = 1 + 0.02 * rng.standard_normal((HEIGHT, WIDTH))
    dataset(detector, "flat_field", flat.astype("f2"), units("1", "relative sensitivity"))
    dark = rng.normal(0, 3, (HEIGHT, WIDTH)).round() + 48
    dataset(detector, "dark_level", dark.astype(">i2"), units("ADC units", "dark level"), compression="lzf")
    threshold = dataset(detector, "threshold", [8.0, 18.5], units("keV", "energy threshold"))
    threshold.make_scale("channel")

    spectrometer = group(instrument, "spectrometer", NX_class="NXdetector")
    energy = np.linspace(9.0, 20.4375, BINS)
    scale = dataset(spectrometer, "energy", energy, units("keV", "photon energy"))
    scale.make_scale("energy")

    cavity = group(instrument, "cavity", NX_class="NXsource")
    offset = np.linspace(-60.0, 60.0, 201)  # kHz
    s11 = 1 - 1.9 / (1 + 2j * offset / 18.0)
    s11 += 0.004 * (rng.standard_normal(201) + 1j * rng.standard_normal(201))
    frequency = dataset(cavity, "frequency", 499.654 + offset / 1e3, units("MHz", "frequency"))
    frequency.make_scale("frequency")
    spectrum = dataset(cavity, "s11", s11.astype("c8"), units("1", "reflection of the cavity"))
    spectrum.dims[0].attach_scale(frequency)

    ring = group(instrument, "beam_position")
    minute = np.arange(60)
    for number in range(1, 13):
        phase = 2 * np.pi * number * 0.37
        orbit = 8 * np.sin(minute[:, None] / 9 + phase + [0, 1.1]) + rng.normal(0, 0.6, (60, 2))
        dataset(
            ring,
            f"monitor_{number}",
            orbit.astype("f4"),
            units("µm", f"orbit at monitor {number}", columns=["horizontal", "vertical"]),
        )

    attenuator = group(instrument, "attenuator", NX_class="NXattenuator", in_beam=False)
    dataset(attenuator, "thickness", h5py.Empty("f8"), units("mm", "not installed"))


def write_sample(f):
    """/sample: the crystal."""
    sample = group(f, "sample", NX_class="NXsample", formula="NbSe₂", polytype="2H")
    lattice = np.array((3.442, 12.548, 120.0), [("a", "f8"), ("c", "f8"), ("gamma", "f8")])
    sample.attrs["lattice"] = lattice
    sample.attrs["lattice_units"] = ["Å", "Å", "°"]
    ub = np.array([[2.1078, 1.0539, 0.0], [0.0, 1.8254, 0.0], [0.0, 0.0, 0.5007]])
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    dataset(sample, "ub_matrix", ub, units("1/Å", "orientation matrix"), dcpl=compact)
    dataset(sample, "name", "NbSe₂ #14, Kristall aus Gefäß B")
    dataset(sample, "barcode", np.bytes_("LX-0014-B"))
    dataset(sample, "mass", np.float32(1.284), units("mg", "mass"))


def temperature_curve(rng, number):
    """The cryostat settles on its setpoint; now and then the sensor is silent."""
    t = np.arange(SAMPLES) * 10.0
    target = SETPOINTS[number - 1]
    step = target - (SETPOINTS[number - 2] if number > 1 else 9.0)
    curve = target - step * np.exp(-t / 90) * np.cos(t / 75)
    curve += rng.normal(0, 0.004, SAMPLES)
    curve[rng.choice(np.arange(4, 24), 1)] = np.nan
    curve[rng.choice(np.arange(24, SAMPLES), 2)] = np.nan
    if number == BEAM_LOST:
        curve[60:72] = np.nan
    return t, curve.round(4)


def beam(number):
    """For each frame, 1 if there was beam."""
    on = np.ones(FRAMES)
    if number == BEAM_LOST:
        on[10:12] = 0
    return on


def detector_stack(rng, number, mask):
    """Photons counted: the satellite crosses the detector as the crystal turns."""
    frame, channel, y, x = np.ogrid[:FRAMES, :CHANNELS, :HEIGHT, :WIDTH]
    target = SETPOINTS[number - 1]
    rocking = gaussian(frame, 9.5, 4.5)
    y0 = 5 + 1.05 * frame
    x0 = 6 + 1.25 * frame
    sharp = 900 * order_parameter(target) * gaussian(y, y0, 1.6) * gaussian(x, x0, 1.9)
    diffuse = 6 * np.exp(-abs(target - TC) / 8) * gaussian(y, y0, 6) * gaussian(x, x0, 7)
    ring = 3.5 * gaussian(np.hypot(y + 20, x - 52), 46, 1.1)  # the window's beryllium
    dark = np.where(channel == 0, 0.6, 0.08)
    rate = rocking * (sharp + diffuse) + ring
    rate = rate * np.where(channel == 0, 1.0, 0.85) * beam(number)[:, None, None, None]
    counts = rng.poisson(rate + dark)
    return np.where(mask, 0, counts).astype("u2")


def fluorescence(rng, number, energy):
    """Spectra of the light that the crystal gives off: Se and Nb lines, Compton, elastic."""
    lines = [
        (11.222, 0.11, 420),  # Se K alpha
        (12.496, 0.11, 75),  # Se K beta
        (16.615, 0.13, 310),  # Nb K alpha
        (18.622, 0.14, 60),  # Nb K beta
        (18.950, 0.30, 120),  # Compton
        (19.500, 0.14, 520),  # elastic
    ]
    rate = 4 + sum(height * gaussian(energy, centre, width) for centre, width, height in lines)
    top_up = 1 - 0.01 * (np.arange(FRAMES) % 5)  # the ring is refilled every five frames
    counts = rng.poisson(rate * (beam(number) * top_up)[:, None])
    return (counts / top_up[:, None]).round(2).astype("f4")


def write_run(f, rng, number):
    """/run_NN: one temperature."""
    name = run_name(number)
    target = SETPOINTS[number - 1]
    run = group(
        f,
        name,
        NX_class="NXentry",
        title=f"satellite (4/3 0 0) at {target:g} K",
        start_time=f"{run_start(number)}Z",
        setpoint=target,
        setpoint_units="K",
        beam_ok=number != BEAM_LOST,
    )
    if number in REMARKS:
        run.attrs["remark"] = REMARKS[number]

    t, curve = temperature_curve(rng, number)
    time = dataset(run, "time", t, units("s", "time since the start"))
    time.make_scale("time")
    temperature = dataset(
        run,
        "temperature",
        curve,
        units("K", "temperature at the sample", sensor="Cernox", valid_range=[1.4, 325.0]),
    )
    temperature.dims[0].label = "time"
    temperature.dims[0].attach_scale(time)

    angle = dataset(run, "angle", np.linspace(-0.95, 0.95, FRAMES).round(3), units("°", "rocking angle"))
    angle.make_scale("angle")
    frame_time = dataset(run, "frame_time", np.arange(FRAMES) * 60.0, units("s", "start of the frame"))
    frame_time.make_scale("frame_time")
    detector = f["instrument/detector"]
    counts = dataset(
        run,
        "counts",
        detector_stack(rng, number, detector["pixel_mask"][:]),
        units("photons", "detector frames", exposure=2.5, saturation=np.uint16(60000)),
        chunks=(5, 1, HEIGHT, WIDTH),
        compression="gzip",
        compression_opts=9,
        shuffle=True,
    )
    for axis, label in enumerate(["time", "channel", "y", "x"]):
        counts.dims[axis].label = label
    counts.dims[0].attach_scale(frame_time)
    counts.dims[0].attach_scale(angle)
    counts.dims[1].attach_scale(detector["threshold"])

    energy = f["instrument/spectrometer/energy"]
    spectrum = dataset(
        run,
        "spectrum",
        fluorescence(rng, number, energy[:]),
        units("1/s", "fluorescence"),
        chunks=(10, BINS),
        compression="gzip",
        shuffle=True,
        fletcher32=True,
    )
    spectrum.dims[0].label = "angle"
    spectrum.dims[1].label = "energy"
    spectrum.dims[0].attach_scale(angle)
    spectrum.dims[1].attach_scale(energy)


def write_events(f, rng):
    """/events: single photons of the last run, as a table."""
    n = 400
    kinds = np.array([b"Se Ka", b"Se Kb", b"Nb Ka", b"elastic"])
    lines = np.array([11.222, 12.496, 16.615, 19.5])
    kind = rng.choice(4, n, p=[0.38, 0.07, 0.25, 0.30])
    table = np.zeros(n, EVENT)
    table["timestamp"] = np.cumsum(rng.exponential(2.4e6, n).astype("i8") + 180)
    table["position"]["x"] = rng.normal(31.4, 2.2, n).round(3)
    table["position"]["y"] = rng.normal(-12.7, 1.8, n).round(3)
    table["position"]["z"] = (0.32 * rng.random(n)).round(3)
    table["energy"] = rng.normal(lines[kind], 0.12).round(3)
    table["label"] = kinds[kind]
    table["quality"] = rng.choice(3, n, p=[0.9, 0.07, 0.03])
    share = rng.dirichlet([6, 1.5, 1.5, 0.6], n)
    table["charge"] = (share * table["energy"][:, None] * 270).astype("u2")
    events = dataset(
        f,
        "events",
        table,
        {
            "long_name": "single photons of run_11",
            "units": ["ns", "mm", "keV", "", "", "electrons"],
            "run": f["run_11"].ref,
        },
        dtype=f["types/event"],
        maxshape=(None,),
        chunks=(100,),
        compression="gzip",
        shuffle=True,
    )
    comment(events, "List mode: one row for each photon, in the order of arrival")


# ---------------------------------------------------------------- pictures


def inferno(level):
    """Colours from black through red to pale yellow, for levels from 0 to 1."""
    stops = [
        (0, 0, 4), (40, 11, 84), (101, 21, 110), (159, 42, 99),
        (212, 72, 66), (245, 125, 21), (250, 193, 39), (252, 255, 164),
    ]  # fmt: skip
    at = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(level, at, part) for part in zip(*stops)], axis=-1).astype("u1")


def crystal_picture(rng):
    """The crystal in its loop, as the microscope sees it."""
    y, x = np.mgrid[:150, :200].astype(float)
    picture = 150 + 70 * np.exp(-(np.hypot(y - 60, x - 110) / 95) ** 2)
    ring = np.hypot((y - 70) / 1.05, x - 100)
    picture -= 95 * gaussian(ring, 58, 1.6) - 45 * gaussian(ring, 60.5, 1.0)
    stem = (abs(x - 100 - 0.06 * (y - 130)) < 3.5) & (y > 130)
    picture[stem] = 70
    angles = np.radians([15, 75, 135, 195, 255, 315])
    distance = np.stack([(x - 101) * np.cos(a) + (y - 68) * np.sin(a) for a in angles])
    facet = distance.argmax(axis=0)
    edge = distance.max(axis=0)
    rim = np.array([96, 60, 40, 52, 84, 128])[facet]
    steps = 92 + 14 * np.sin(edge * 0.8) + 34 * gaussian(x + 0.7 * y, 138, 13)
    crystal = np.where(edge > 27, rim, steps)
    picture = np.where(edge < 37, crystal, picture)
    picture += 120 * gaussian(np.hypot(y - 66, x - 99), 0, 3.2)  # where the beam hits
    return (picture + rng.normal(0, 1.2, picture.shape)).clip(0, 255).astype("u1")


def reciprocal_picture():
    """Reciprocal space: a hexagon of Bragg peaks, each with six satellites of the wave."""
    y, x = np.mgrid[:168, :224]
    qx, qy = (x - 112) / 44, (y - 84) / 44
    basis = np.array([[1, 0], [0.5, np.sqrt(0.75)], [-0.5, np.sqrt(0.75)]])
    light = 2e-3 * np.exp(-(qx**2 + qy**2))
    for h in range(-4, 5):
        for k in range(-4, 5):
            peak = h * basis[0] + k * basis[1]
            if np.hypot(*peak) > 4:
                continue
            light += gaussian(np.hypot(qx - peak[0], qy - peak[1]), 0, 0.055)
            for arm in [*basis, *-basis]:
                spot = peak + arm / 3
                light += 0.05 * gaussian(np.hypot(qx - spot[0], qy - spot[1]), 0, 0.036)
    light *= np.exp(-(qx**2 + qy**2) / 5)
    level = np.log10(1 + 2000 * light) / 3.2
    stop = (np.hypot(qx, qy) < 0.17) | ((abs(qx) < 0.035) & (qy > 0))
    level[stop] = 0
    return inferno(level)


def beam_picture():
    """The beam on a fluorescent screen, with the fringes of its slits."""
    y, x = np.mgrid[:96, :128]
    v, u = (y - 46) / 17, (x - 66) / 23
    light = (np.sinc(u) * np.sinc(v)) ** 2 * (1 - 0.25 * u * np.exp(-(u**2)))
    return (255 * light.clip(0, 1) ** 0.4).astype("u1")


def image_attributes(subclass, **more):
    """HDF5's image specification 1.2."""
    return {
        "CLASS": np.bytes_("IMAGE"),
        "IMAGE_VERSION": np.bytes_("1.2"),
        "IMAGE_SUBCLASS": np.bytes_(subclass),
        "DISPLAY_ORIGIN": np.bytes_("UL"),
        **more,
    }


def write_camera(f, rng):
    """/camera: pictures, a palette, and regions of interest."""
    camera = group(f, "camera", NX_class="NXdetector", exposure_ms=np.int16(40))
    packed = {"compression": "gzip", "compression_opts": 9}

    picture = crystal_picture(rng)
    crystal = dataset(
        camera,
        "crystal",
        picture,
        image_attributes(
            "IMAGE_GRAYSCALE",
            IMAGE_WHITE_IS_ZERO=np.uint8(0),
            IMAGE_MINMAXRANGE=np.array([picture.min(), picture.max()]),
            pixel_size=2.5,
            units="µm",
        ),
        **packed,
    )
    dataset(
        camera,
        "reciprocal_space",
        reciprocal_picture(),
        image_attributes("IMAGE_TRUECOLOR", INTERLACE_MODE=np.bytes_("INTERLACE_PIXEL")),
        chunks=(56, 112, 3),
        **packed,
    )
    palette = dataset(
        camera,
        "palette",
        inferno(np.linspace(0, 1, 256)),
        {
            "CLASS": np.bytes_("PALETTE"),
            "PAL_VERSION": np.bytes_("1.2"),
            "PAL_TYPE": np.bytes_("STANDARD8"),
            "PAL_COLORMODEL": np.bytes_("RGB"),
        },
    )
    references = np.array([palette.ref], dtype=h5py.ref_dtype)
    dataset(camera, "beam", beam_picture(), image_attributes("IMAGE_INDEXED", PALETTE=references), **packed)

    regions = {
        "crystal": crystal.regionref[31:106, 64:139],
        "beam": crystal.regionref[58:75, 91:108],
        "stem": crystal.regionref[131:150, 96:106],
        "every tenth pixel": crystal.regionref[::10, ::10],
    }
    crystal.attrs["beam"] = regions["beam"]
    dataset(
        camera,
        "regions",
        np.array(list(regions.values()), dtype=h5py.regionref_dtype),
        {"names": list(regions), "long_name": "regions of interest in crystal"},
        dtype=h5py.regionref_dtype,
    )


# ---------------------------------------------------------------- words


def write_log(f):
    """/log: what happened when."""
    entries = [
        ("INFO", "2026-03-09T16:42:10.250", "Équipe de nuit: Zoë, Jürgen, 美咲 et Søren"),
        ("INFO", "2026-03-09T16:58:03.900", "Undulator gap 6.32 mm, beam on the first mirror"),
        ("INFO", "2026-03-09T17:05:44.125", "Crystal found, centred to ±3 µm 🔬"),
        ("WARN", "2026-03-09T17:21:30.000", "Eis auf dem Fenster, kurz aufgewärmt ❄️"),
        ("INFO", "2026-03-09T17:40:12.700", "試料を 6 K まで冷却しました"),
        ("INFO", "2026-03-09T18:00:00.000", "run_01 started"),
        ("INFO", "2026-03-09T18:21:15.500", "Satellite at (4/3 0 0): 800 photons in the maximum ✔"),
        ("INFO", "2026-03-09T18:40:00.000", "run_02 started"),
        ("INFO", "2026-03-09T19:20:00.000", "run_03 started"),
        ("INFO", "2026-03-09T20:00:00.000", "run_04 started"),
        ("WARN", "2026-03-09T20:13:37.042", "Monitor 9 reads 12 µm, orbit feedback retuned"),
        ("INFO", "2026-03-09T20:40:00.000", "run_05 started"),
        ("INFO", "2026-03-09T21:20:00.000", "run_06 started"),
        ("INFO", "2026-03-09T22:00:00.000", "run_07 started"),
        ("ERROR", "2026-03-09T22:10:02.313", "Beam lost: vacuum interlock in sector 4 ⚡"),
        ("INFO", "2026-03-09T22:12:01.880", "Beam is back, 402 mA 💡"),
        ("INFO", "2026-03-09T22:40:00.000", "run_08 started"),
        ("INFO", "2026-03-09T23:20:00.000", "run_09 started"),
        ("INFO", "2026-03-09T23:34:51.600", "相变临近，卫星峰几乎消失"),
        ("INFO", "2026-03-10T00:00:00.000", "run_10 started"),
        ("INFO", "2026-03-10T00:40:00.000", "run_11 started"),
        ("INFO", "2026-03-10T01:02:00.000", "Pas de satellite à 45 K. C'est fini, au café ! ☕🎉"),
    ]
    levels, times, messages = zip(*entries)
    log = group(f, "log", NX_class="NXcollection", timezone="UTC")
    stamps = np.array(times, "datetime64[ms]")
    dataset(log, "time", stamps.astype(h5py.opaque_dtype(stamps.dtype)))
    dataset(log, "level", np.array(levels, "S5"))
    dataset(log, "message", list(messages), dtype=TEXT, maxshape=(None,), chunks=(32,))
    dataset(log, "alarms", shape=(0,), dtype=TEXT, maxshape=(None,), attrs={"long_name": "none so far"})


def write_protocol(f):
    """/protocol: what is done in which order."""
    protocol = group(f, "protocol", ordered=True)
    steps = {
        "calibrate": (25, ["Silicon powder in the beam", "Fit six rings", "Distance 1.204 m ± 0.2 mm"]),
        "align": (40, ["Centre the crystal", "Find (1 0 0) and (0 0 2)", "Refine the UB matrix"]),
        "measure": (440, ["Set the temperature", "Wait until it is stable to 5 mK", "Rock ±0.95°", "Repeat"]),
        "archive": (15, ["Copy to tape", "Mint a DOI", "Tell the user office"]),
    }
    for name, (minutes, lines) in steps.items():
        dataset(protocol, name, lines, {"minutes": np.int32(minutes), "done": name != "archive"}, dtype=TEXT)
    comment(protocol, "Members are listed in the order in which they were created")


# ---------------------------------------------------------------- results


def satellite_intensity(f, number):
    """Photons a frame in the satellite: all counts less those of the warmest run."""
    counts = f[f"{run_name(number)}/counts"][:, 1].sum(dtype="i8")
    empty = f["run_11/counts"][:, 1].sum(dtype="i8")
    return (counts - empty) / FRAMES


def write_summary(f):
    """/summary: all runs side by side."""
    summary = group(f, "summary")
    numbers = range(1, len(SETPOINTS) + 1)

    layout = h5py.VirtualLayout((len(SETPOINTS), SAMPLES), dtype="f8", filename=f.filename)
    layout.dcpl.set_obj_track_times(False)
    for row, number in enumerate(numbers):
        layout[row] = h5py.VirtualSource(f[f"{run_name(number)}/temperature"])
    stitched = summary.create_virtual_dataset("temperature", layout, fillvalue=np.nan)
    stitched.attrs.update(units("K", "temperature of every run, one a row"))

    row = np.dtype(
        [
            ("run", "S6"),
            ("setpoint", "f8"),
            ("intensity", "f4"),
            ("counts", h5py.ref_dtype),
            ("remark", TEXT),
        ]
    )
    table = np.array(
        [
            (
                run_name(number),
                SETPOINTS[number - 1],
                satellite_intensity(f, number),
                f[f"{run_name(number)}/counts"].ref,
                REMARKS.get(number, ""),
            )
            for number in numbers
        ],
        dtype=row,
    )
    dataset(summary, "overview", table)

    references = np.array([f[f"{run_name(number)}/spectrum"].ref for number in numbers], dtype=h5py.ref_dtype)
    dataset(summary, "spectra", references, {"long_name": "the spectrum of each run"}, dtype=h5py.ref_dtype)

    energy = f["instrument/spectrometer/energy"][:]
    peaks = np.empty(len(SETPOINTS), object)
    for row, number in enumerate(numbers):
        line = f[f"{run_name(number)}/spectrum"][9]
        inner = line[1:-1]
        found = (inner > line[:-2]) & (inner >= line[2:]) & (inner > 11)
        peaks[row] = energy[1:-1][found].astype("f4").round(3)
    about = units("keV", "peaks in the tenth spectrum of each run")
    dataset(summary, "peaks", peaks, about, dtype=h5py.vlen_dtype("f4"))


def write_survey(f):
    """/survey: 8 GB as a shape, a few kilobytes in the file."""
    survey = f.create_dataset(
        "survey",
        shape=(1_000_000, 1000),
        dtype="f8",
        chunks=(100, 100),
        fillvalue=np.nan,
        compression="gzip",
        shuffle=True,
        track_times=False,
    )
    y, x = np.mgrid[:100, :100]
    radius = np.hypot(y - 30, x - 40)
    for number, (row, column) in enumerate([(0, 0), (500_000, 400), (999_900, 900)]):
        wave = np.cos(radius / (4 + number)) * np.exp(-radius / 60)
        survey[row : row + 100, column : column + 100] = (wave * 128).round() / 128
    survey.attrs.update(units("1", "survey of reciprocal space, stopped early", planned_hours=72.0))
    comment(survey, "A million rows by a thousand columns, of which three blocks were measured")


# ---------------------------------------------------------------- ch5mpy's objects


@dataclass
class Items:
    """An H5List: a group whose members are named 0, 1, 2, ..."""

    values: list


@dataclass
class Instance:
    """An object of a Python class: the class by name, the members by value."""

    module: str
    qualname: str
    members: dict


def pickled_class(module, qualname):
    """What pickle.dumps(cls, protocol=5) gives for a class; it need not be importable."""

    def text(value):
        raw = value.encode()
        return b"\x8c" + bytes([len(raw)]) + raw + b"\x94"

    payload = text(module) + text(qualname) + b"\x93\x94."
    return b"\x80\x05\x95" + len(payload).to_bytes(8, "little") + payload


def store(parent, name, value):
    """Write a value as ch5mpy would."""
    match value:
        case dict():
            made = group(parent, name, ordered=True)
            for key, item in value.items():
                store(made, key, item)
        case Items():
            made = group(parent, name, __h5_type__="list")
            for index, item in enumerate(value.values):
                store(made, str(index), item)
        case Instance():
            made = group(parent, name, ordered=True, __h5_type__="object")
            made.attrs["__h5_class__"] = np.void(pickled_class(value.module, value.qualname))
            for key, item in value.members.items():
                store(made, key, item)
        case None:
            dataset(parent, name, np.void(b"\x80\x05N."), {"__h5_type__": "pickle"})
        case np.ndarray() | list():
            array = np.asarray(value)
            data, dtype = (array.astype(object), TEXT) if array.dtype.kind == "U" else (array, array.dtype)
            dataset(
                parent,
                name,
                data,
                {"dtype": str(array.dtype)},
                dtype=dtype,
                chunks=True,
                maxshape=(None,) * array.ndim,
            )
        case _:
            dataset(parent, name, value)


def fit_power_law(temperature, intensity, tries):
    """I0, Tc, beta and the residual of I0 (1 - T/Tc)^(2 beta): for each Tc a straight line in logarithms."""
    fits = []
    for tc in tries:
        x, y = np.log(1 - temperature / tc), np.log(intensity)
        slope, intercept = np.polyfit(x, y, 1)
        residual = np.mean((y - slope * x - intercept) ** 2)
        fits.append((residual, np.exp(intercept), tc, slope / 2))
    residual, i0, tc, beta = (round(float(value), 5) for value in min(fits))
    return i0, tc, beta, residual


def write_analysis(f):
    """/analysis: the fit, as a program that uses ch5mpy would save it."""
    ordered = [number for number, target in enumerate(SETPOINTS, 1) if target < TC and number != BEAM_LOST]
    temperature = np.array([SETPOINTS[number - 1] for number in ordered])
    intensity = np.array([satellite_intensity(f, number) for number in ordered])
    tries = temperature.max() + np.arange(0.05, 2, 0.05)
    i0, tc, beta, residual = fit_power_law(temperature, intensity, tries)

    grid = np.linspace(0, 45, 181)
    curve = (i0 * np.maximum(0, 1 - grid / tc) ** (2 * beta)).round(3)
    fit = Instance(
        "cdw.models",
        "PowerLaw",
        {
            "parameters": {"I0": i0, "Tc": tc, "beta": beta, "offset": 0.0},
            "names": np.array(["I0", "Tc", "beta", "offset"]),
            "free": np.array([True, True, True, False]),
            "method": "least squares in ln I, Tc on a grid",
            "converged": True,
            "iterations": len(tries),
            "residual": residual,
            "prior": None,
            "curve": {"temperature": grid, "intensity": curve},
        },
    )
    runs = [
        {
            "run": run_name(number),
            "temperature": target,
            "intensity": round(float(satellite_intensity(f, number)), 2),
            "used": number in ordered,
        }
        for number, target in enumerate(SETPOINTS, 1)
    ]
    history = ["load", 11, 0.05, True, None, np.arange(6.0), {"author": "Zoë", "version": 3}]
    analysis = {"fit": fit, "runs": Items(runs), "history": Items(history), "comment": "β ≈ ⅓, as expected"}
    store(f, "analysis", analysis)
    f["analysis"].attrs["layout"] = "ch5mpy"
    f["analysis"].attrs["reviewed_by"] = np.void(b"\x80\x05N.")  # None


def write_links(f):
    """/links: every kind of link, two of which lead nowhere."""
    links = group(f, "links")
    links["coldest_run"] = h5py.SoftLink("/run_01")
    links["hard_link_to_temperature"] = f["run_01/temperature"]
    links["lost_calibration"] = h5py.SoftLink("/calibration/2024")
    links["last_year"] = h5py.ExternalLink("archive_2025.h5", "/run_01/counts")
    links.attrs["note"] = "lost_calibration and last_year lead nowhere, on purpose"
    f["latest"] = h5py.SoftLink("/run_11")


def write_root(f):
    """The first attributes that one sees."""
    f.attrs.update(
        {
            "title": "Melting of the charge density wave in 2H-NbSe₂",
            "institute": "Northlight Synchrotron, beamline 7 “Aurora”",
            "experiment_start": "2026-03-09T18:00:00Z",
            "NX_class": "NXroot",
            "file_name": np.bytes_("demo.h5"),
            "proposal": np.int32(20260147),
            "team": ["Zoë Lindqvist", "Jürgen Weiß", "高橋 美咲", "Søren Ødegård"],
            "beam_energy": 19.5,
            "beam_energy_units": "keV",
            "setpoints": np.array(SETPOINTS),
            "polarisation": np.complex64(0.5 + 0.866j),
            "simulated": True,
            "best_run": f["run_01"].ref,
            "embargo": h5py.Empty("S10"),
        }
    )
    f.attrs.create("shutter", 1, dtype=h5py.enum_dtype({"closed": 0, "open": 1}, basetype="i1"))
    source = np.dtype([("mode", "S8"), ("current_mA", "f4"), ("bunches", "u2")])
    f.attrs["source"] = np.array((b"top-up", 402.5, 416), source)
    comment(f, "A made-up experiment; see assets/make_demo.py of ch5tui")


def main():
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("demo.h5")
    rng = np.random.default_rng(SEED)
    with h5py.File(path, "w") as f:
        write_types(f)
        write_instrument(f, rng)
        write_sample(f)
        for number in range(1, len(SETPOINTS) + 1):
            write_run(f, rng, number)
        write_events(f, rng)
        write_camera(f, rng)
        write_log(f)
        write_protocol(f)
        write_summary(f)
        write_survey(f)
        write_analysis(f)
        write_links(f)
        write_root(f)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
