"""The command line, but for what needs the API (see api/cli.py); one file per command."""
