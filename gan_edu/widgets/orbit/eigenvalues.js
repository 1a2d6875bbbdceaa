/** Eigenvalues of small matrices. */

/**
 * The eigenvalues of a real matrix of a few rows, as [[real, imaginary], ...], the largest modulus first: the roots of its
 * characteristic polynomial.
 */
export function eigenvalues(matrix) {
  const found = roots(characteristic(matrix));
  return found.sort((a, b) => Math.hypot(...b) - Math.hypot(...a) || b[1] - a[1]);
}

/** Coefficients of det(λ − matrix), the highest power first (Faddeev & LeVerrier). */
function characteristic(matrix) {
  const n = matrix.length;
  const coefficients = [1];
  let product = matrix.map((row) => row.map(() => 0));
  for (let k = 1; k <= n; k++) {
    const shifted = product.map((row, i) => row.map((value, j) => value + (i === j ? coefficients[k - 1] : 0)));
    product = matrix.map((row) => row.map((_, j) => row.reduce((total, value, m) => total + value * shifted[m][j], 0)));
    coefficients.push(-product.reduce((total, row, i) => total + row[i], 0) / k);
  }
  return coefficients;
}

/** All roots at once (Weierstrass, Durand & Kerner); those at 0 are split off, so that they are 0. */
function roots(coefficients) {
  const least = 1e-14 * Math.max(...coefficients.map(Math.abs));
  const kept = coefficients.slice(0, coefficients.findLastIndex((value) => Math.abs(value) > least) + 1);
  const zeros = Array.from({ length: coefficients.length - kept.length }, () => [0, 0]);
  const bound = Math.max(1, ...kept.slice(1).map((value, k) => Math.abs(value) ** (1 / (k + 1))));
  const found = kept.slice(1).map((_, k) => [bound * Math.cos(0.4 + 1.7 * k), bound * Math.sin(0.4 + 1.7 * k)]);
  for (let round = 0; round < 500; round++) {
    let moved = 0;
    found.forEach((root, k) => {
      const value = kept.reduce((total, coefficient) => {
        const [real, imaginary] = multiply(total, root);
        return [real + coefficient, imaginary];
      }, [0, 0]);
      const others = found.filter((_, j) => j !== k);
      const apart = others.reduce((total, other) => multiply(total, [root[0] - other[0], root[1] - other[1]]), [1, 0]);
      const size = apart[0] ** 2 + apart[1] ** 2 || 1e-300;
      const step = multiply(value, [apart[0] / size, -apart[1] / size]);
      found[k] = [root[0] - step[0], root[1] - step[1]];
      moved = Math.max(moved, Math.hypot(...step));
    });
    if (moved < 1e-15 * bound) break;
  }
  return [...found, ...zeros];
}

function multiply([a, b], [c, d]) {
  return [a * c - b * d, a * d + b * c];
}
