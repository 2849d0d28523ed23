"""What product a text offers: substances, brand, strength, dosage form and pack size, each with its exact quote."""

from classifier.identity.product import Identity, Quoted, read_identity
from classifier.identity.strength import Strength, read_strengths

__all__ = ["Identity", "Quoted", "Strength", "read_identity", "read_strengths"]
