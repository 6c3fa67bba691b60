"""What the explanations say, in English and in Chinese, and that they never fail."""
