"""Records a run while it happens: what it reads, in which order, with which losses, and what comes out."""
