"""The investigators' desk."""
