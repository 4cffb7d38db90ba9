"""The toy world: rendered clips with exact labels and captions in two languages.

`load_world` reads the rendered sprites and plates, `sample_scene` draws a scene, `render` turns
scene and times into frames, `caption` tells it in English or Chinese.
"""
