"""From files of other tools to sealed bundles: tables, JSON lines, web archives and folders of saved pages."""
