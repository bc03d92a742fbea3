"""What a node of a jupyter-cluster adds to Jupyter, through its public extension points only."""
