import marktable

project = "marktable"
version = release = marktable.__version__
extensions = ["sphinx.ext.autodoc"]
