//! Counts by row and cell that grow in both directions.

/// Counts; a row is a value, a column is a cell.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    counts: Vec<u64>,
    rows: usize,
    cells: usize,
    /// Cells that a row has room for.
    stride: usize,
}

impl Grid {
    /// Makes room for so many rows and cells.
    pub fn reserve(&mut self, rows: usize, cells: usize) {
        if cells > self.stride {
            let stride = cells.next_power_of_two();
            let mut counts = vec![0; self.rows * stride];
            for row in 0..self.rows {
                let old = &self.counts[row * self.stride..row * self.stride + self.cells];
                counts[row * stride..row * stride + self.cells].copy_from_slice(old);
            }
            self.counts = counts;
            self.stride = stride;
        }
        self.cells = self.cells.max(cells);
        if rows > self.rows {
            self.rows = rows;
            self.counts.resize(rows * self.stride, 0);
        }
    }

    /// Adds to a count that there is room for.
    #[inline]
    pub fn add(&mut self, row: u32, cell: u32, n: u64) {
        self.counts[row as usize * self.stride + cell as usize] += n;
    }

    /// The counts of a row, by cell.
    pub fn row(&self, row: usize) -> &[u64] {
        if row >= self.rows {
            return &[];
        }
        &self.counts[row * self.stride..row * self.stride + self.cells]
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many cells there are.
    pub fn cells(&self) -> usize {
        self.cells
    }

    /// The same counts with rows and cells put together.
    pub fn folded(
        &self,
        (rows, cells): (usize, usize),
        row_of: impl Fn(usize) -> u32,
        cell_of: impl Fn(usize) -> u32,
    ) -> Self {
        let mut folded = Self::default();
        folded.reserve(rows, cells);
        for row in 0..self.rows {
            for (cell, &n) in self.row(row).iter().enumerate() {
                if n > 0 {
                    folded.add(row_of(row), cell_of(cell), n);
                }
            }
        }
        folded
    }
}
