"""The shops of the sandbox, one module each: ``build(stage)`` returns the ASGI application of a site."""
