"""Sentence embeddings for stage two: an encoder exported once, read from plain files, never a pickle, never a download.

``export`` turns sentence-transformers weights into an int8 ONNX folder (needs torch, once a machine); ``runtime`` runs
such a folder with onnxruntime and tokenizers alone; ``folder`` says where it lies and whether it is whole; ``cache``
keeps what was embedded. Importing this package imports none of them.
"""
