"""The names of readouts from before they stood with what they do, in ``adjoint/readouts``."""

from genprop._moved import forward

__getattr__ = forward(
    __name__,
    {
        name: f"adjoint.readouts.{name}.{name}"
        for name in (
            "final",
            "first_spike",
            "integral",
            "maximum",
            "spike_count",
            "trace",
            "weighted_integral",
        )
    }
    | {"name_of": "describe.population.name_of"},
)
