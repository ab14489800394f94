"""Spikes in, labels out: batches, data sets, augmentations and tasks.

This room imports no other room. h5py, scikit-learn, soundfile and tonic are imported only where
needed.
"""

from genprop.data.audio import from_audio
from genprop.data.augment import Augmentation, Blend, Drop, Jitter, Noise, Shift, Warp
from genprop.data.crossings import level_crossings
from genprop.data.dataset import Dataset
from genprop.data.event_cameras import dvs_gesture, nmnist
from genprop.data.front_end import FrontEnd
from genprop.data.graded import GradedBatch
from genprop.data.hearing import Equalise, Level, from_onset
from genprop.data.images import digits, mnist
from genprop.data.info import FileInfo, info, oddities
from genprop.data.latency import latency_code
from genprop.data.mel import mel_bands
from genprop.data.sounds import Sound, file_sound
from genprop.data.spikes import SpikeBatch
from genprop.data.spoken import fsdd, hdspikes, shd, ssc
from genprop.data.steps import StepEvents, step_count
from genprop.data.tactile import braille
from genprop.data.tonic_sets import from_tonic
from genprop.data.toy import delay_line, xor, yin_yang

__all__ = [
    "Augmentation",
    "Blend",
    "Dataset",
    "Drop",
    "Equalise",
    "FileInfo",
    "FrontEnd",
    "GradedBatch",
    "Jitter",
    "Level",
    "Noise",
    "Shift",
    "Sound",
    "SpikeBatch",
    "StepEvents",
    "Warp",
    "braille",
    "delay_line",
    "digits",
    "dvs_gesture",
    "file_sound",
    "from_audio",
    "from_onset",
    "from_tonic",
    "fsdd",
    "hdspikes",
    "info",
    "latency_code",
    "level_crossings",
    "mel_bands",
    "mnist",
    "nmnist",
    "oddities",
    "shd",
    "ssc",
    "step_count",
    "xor",
    "yin_yang",
]
