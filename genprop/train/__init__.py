"""Learning: fit, evaluate, callbacks, schedules, history, checkpoints."""

from genprop._moved import forward
from genprop.train.callbacks import Callback, Training
from genprop.train.checkpoint import Snapshot, load_checkpoint
from genprop.train.clip import Clip
from genprop.train.evaluate import Evaluation, evaluate, predict
from genprop.train.fit import fit
from genprop.train.folder import RunFolder
from genprop.train.folds import CrossValidation, cross_validate, leave_one_speaker_out
from genprop.train.history import History, Record
from genprop.train.plateau import DualEMAPlateau, Plateau
from genprop.train.revive import ReviveSilent
from genprop.train.saving import Checkpoint
from genprop.train.schedule import Cosine, Exponential, ExponentialWarmup, Schedule
from genprop.train.sharpness import Sharpness
from genprop.train.stopping import EarlyStopping
from genprop.train.tensorboard import TensorBoard
from genprop.train.two_factor import TwoFactor

__all__ = [
    "Callback",
    "Checkpoint",
    "Clip",
    "Cosine",
    "CrossValidation",
    "DualEMAPlateau",
    "EarlyStopping",
    "Evaluation",
    "Exponential",
    "ExponentialWarmup",
    "History",
    "Plateau",
    "Record",
    "ReviveSilent",
    "RunFolder",
    "Schedule",
    "Sharpness",
    "Snapshot",
    "TensorBoard",
    "Training",
    "TwoFactor",
    "cross_validate",
    "evaluate",
    "fit",
    "leave_one_speaker_out",
    "load_checkpoint",
    "predict",
]

__getattr__ = forward(
    __name__,
    {
        "Bump": "train.ReviveSilent",
        "CALLBACKS": "experiment.CALLBACKS",
        "Config": "experiment.Config",
        "EaseIn": "train.ExponentialWarmup",
        "Experiment": "experiment.Experiment",
        "TwoAverages": "train.DualEMAPlateau",
        "draw_run": "report.draw_run",
        "evaluate_run": "experiment.evaluate_run",
        "load_experiment": "experiment.load_experiment",
        "open_run": "experiment.open_run",
        "read_config": "experiment.read_config",
        "train_run": "experiment.train_run",
        "write_report": "report.write_report",
    },
)
