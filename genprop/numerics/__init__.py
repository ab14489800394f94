"""Programs in numbers: expressions and propagators, evaluated with numpy in float64."""
