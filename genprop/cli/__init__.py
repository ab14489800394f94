"""The command: one file per subcommand, each of which calls one public function."""
