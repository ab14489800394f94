"""Learning: fit, evaluate, callbacks, schedules, history, checkpoints, run folders, sweeps."""

from genprop.train.bump import Bump
from genprop.train.callbacks import Callback, Training
from genprop.train.checkpoint import Snapshot, load_checkpoint
from genprop.train.clip import Clip
from genprop.train.config import Config, read_config
from genprop.train.evaluate import Evaluation, evaluate
from genprop.train.experiment import Experiment, load_experiment
from genprop.train.figures.paper import draw_run
from genprop.train.fit import fit
from genprop.train.folder import RunFolder
from genprop.train.folds import CrossValidation, cross_validate, leave_one_speaker_out
from genprop.train.history import History, Record
from genprop.train.library import CALLBACKS
from genprop.train.plateau import Plateau, TwoAverages
from genprop.train.report import write_report
from genprop.train.saving import Checkpoint
from genprop.train.schedule import Cosine, EaseIn, Exponential, Schedule
from genprop.train.sharpness import Sharpness
from genprop.train.stopping import EarlyStopping
from genprop.train.tensorboard import TensorBoard
from genprop.train.training import evaluate_run, open_run, train_run

__all__ = [
    "CALLBACKS",
    "Bump",
    "Callback",
    "Checkpoint",
    "Clip",
    "Config",
    "Cosine",
    "CrossValidation",
    "EarlyStopping",
    "EaseIn",
    "Evaluation",
    "Experiment",
    "Exponential",
    "History",
    "Plateau",
    "Record",
    "RunFolder",
    "Schedule",
    "Sharpness",
    "Snapshot",
    "TensorBoard",
    "Training",
    "TwoAverages",
    "cross_validate",
    "draw_run",
    "evaluate",
    "evaluate_run",
    "fit",
    "leave_one_speaker_out",
    "load_checkpoint",
    "load_experiment",
    "open_run",
    "read_config",
    "train_run",
    "write_report",
]
