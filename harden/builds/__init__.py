"""What the build files of a repository say about the images that are built there."""
