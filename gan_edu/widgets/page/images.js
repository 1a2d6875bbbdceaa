/** Images of a generator, (C, H, W) with pixels in [-1, 1], drawn as everywhere in the course: grey ones are dark ink on white paper. */

const stage = globalThis.document?.createElement("canvas");

/** Draws an image into a rectangle of a context, each pixel a sharp square. */
export function drawImage(context, image, shape, x, y, width, height) {
  [stage.height, stage.width] = shape.slice(1);
  stage.getContext("2d").putImageData(new ImageData(bytesOf(image, shape), stage.width, stage.height), 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(stage, x, y, width, height);
}

/** The pixels of an image as a canvas wants them: red, green, blue, opaque; one after the other. */
export function bytesOf(image, [channels, height, width]) {
  const places = height * width;
  const bytes = new Uint8ClampedArray(4 * places).fill(255);
  for (let k = 0; k < places; k++) {
    for (let colour = 0; colour < 3; colour++) {
      const pixel = channels === 1 ? -image[k] : image[colour * places + k];
      bytes[4 * k + colour] = (255 * (pixel + 1)) / 2;
    }
  }
  return bytes;
}
