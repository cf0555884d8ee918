"""What moving a read costs: those whom the monolith still answers, and the monolith at rest."""
