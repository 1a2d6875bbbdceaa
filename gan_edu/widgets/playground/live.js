/** The loop: who plays when, within a fixed time a frame, so that the page stays quick. */

const BUDGET = 20; // milliseconds a frame for playing and drawing: with what the browser adds, thirty frames a second
const LEAST = 4; // milliseconds a frame for playing, however long drawing takes
const MEASURE = 500; // milliseconds between measurements

/** Milliseconds a phase in slow motion. */
export const PHASE = 1200;

/** Plays while it is told to, and draws what has changed. */
export class Live {
  /**
   * @param {object} act what there is to do: `round()`, `phase()`, `measure()`, `draw()`; `speed()` is one of "slow", "1", "10", "full";
   *     `stopped()` is called after the loop has stopped by itself, with the error.
   */
  constructor(act) {
    this.act = act;
    this.playing = false;
    this.visible = true; // on the screen: elsewhere nothing is played
    this.changed = true;
    this.drawing = 8; // milliseconds that the last picture took
    this.due = 0;
    this.measured = 0;
    this.tick = this.tick.bind(this);
    this.request = requestAnimationFrame(this.tick);
  }

  play() {
    this.playing = true;
    this.due = 0;
  }

  pause() {
    this.playing = false;
    this.changed = true;
  }

  /** What is seen is no longer what is: draw it with the next frame. */
  touch() {
    this.changed = true;
  }

  /** Ends the loop for good. */
  end() {
    cancelAnimationFrame(this.request);
  }

  tick(now) {
    this.request = requestAnimationFrame(this.tick);
    if (!this.visible) return;
    try {
      if (this.playing && this.playFor(now)) this.changed = true;
      if (!this.changed) return;
      if (now - this.measured >= MEASURE || !this.playing) {
        this.measured = now;
        this.act.measure();
      }
      const started = performance.now();
      this.act.draw();
      this.drawing = performance.now() - started;
      this.changed = false;
    } catch (error) {
      this.pause();
      this.changed = false;
      this.act.stopped(error);
    }
  }

  /** Plays what is due in this frame. Returns whether anything was. */
  playFor(now) {
    const speed = this.act.speed();
    if (speed === "full") {
      const end = performance.now() + Math.max(LEAST, BUDGET - this.drawing);
      do this.act.round(); while (performance.now() < end);
      return true;
    }
    if (now < this.due) return false;
    const pause = speed === "slow" ? PHASE : 1000 / Number(speed);
    this.due = Math.max(this.due + pause, now);
    if (speed === "slow") this.act.phase();
    else this.act.round();
    return true;
  }
}
