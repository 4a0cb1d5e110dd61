"""What the commands of harden images do: show what is known of images, and learn what is not."""
