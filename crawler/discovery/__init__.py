"""Finding what to crawl: inside a shop by its own search; candidate shops elsewhere."""
