/** Colours: those of `gan_edu.plots`, blue for data, vermilion for the generator, green for the discriminator, on light or dark paper. */

const PLAYERS = { data: "#0072B2", generator: "#D55E00", discriminator: "#009E73", other: "#8A8A8A" };

/**
 * `first` and `second` are compared with one another, and neither data nor players; `neither` is a verdict of 1/2; `edge` surrounds
 * points, so that they stand out where the ground has their colour; `ink` is text, and `faint` a grid line.
 */
export const PALETTES = {
  light: {
    ...PLAYERS, first: "#6A3D9A", second: "#C77A00",
    paper: "#FFFFFF", neither: "#F7F4F0", ink: "#1A1A1A", faint: "#D8D8D8", edge: "#FFFFFF", rim: "#000000",
  },
  dark: {
    ...PLAYERS, first: "#C9A6F0", second: "#F0B44C",
    paper: "#15181C", neither: "#22262B", ink: "#E8E8E8", faint: "#3A4048", edge: "#FFFFFF", rim: "#000000",
  },
};
