"""The rules that every journal obeys, whatever it stores its rows in; no I/O."""
