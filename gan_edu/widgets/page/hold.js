/** Things in a canvas that a pointer takes hold of and moves. */

const NEAR = 40; // pixels around a thing in which it is taken hold of

/** Whether two points of a canvas, in pixels, are near one another. */
export function near(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]) < NEAR;
}

/** Where in a canvas something happened, in pixels. */
export function pointOf(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

/**
 * Moves what is taken hold of. A finger that finds nothing to hold scrolls the page: the style sheet says `touch-action: pan-y`.
 *
 * @param {(point: number[], event: PointerEvent) => any} take what a pointer that goes down there takes hold of, or null.
 * @param {(held: any, point: number[]) => void} move
 */
export function holdable(canvas, take, move) {
  let [held, pointer] = [null, null];
  const holds = (event) => held && event.pointerId === pointer; // and is not another finger
  canvas.addEventListener("pointerdown", (event) => {
    if (held) return;
    held = take(pointOf(canvas, event), event);
    if (held) canvas.setPointerCapture((pointer = event.pointerId));
  });
  canvas.addEventListener("touchstart", (event) => held && event.preventDefault(), { passive: false });
  canvas.addEventListener("pointermove", (event) => holds(event) && move(held, pointOf(canvas, event)));
  canvas.addEventListener("lostpointercapture", (event) => holds(event) && (held = null));
}
