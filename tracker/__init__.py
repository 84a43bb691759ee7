"""The tracker. Imports nothing: the launcher must run before anything is installed.

__main__   starts every command: makes .venv, installs the pins (launcher), hands over to cli
cli        the commands, each looked up when it is called
config     every setting        errors   every error a person can see        clock   what time it is
engine/    what deals earn      store/   what is kept      ingest/, flow     how deals come in
live/      what is pushed       pages/   what is shown     access            who may see it
"""
