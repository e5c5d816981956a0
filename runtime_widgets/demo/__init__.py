"""The demo: JupyterLab on the quickstart notebook, for a person or for a check."""
