//! One sketch added to another: what is counted of both is what would be counted of the whole.

use super::column::{Level, MISSING, Sketch};
use super::numbers::bin;
use crate::stats::Merge;

impl Sketch {
    /// Adds all that another part of the column holds; `cell_of` says where its cells are here.
    pub(super) fn absorb(&mut self, part: &Self, cell_of: &[u32]) {
        while self.level < part.level {
            self.lower();
        }
        self.distinct.merge(&part.distinct);
        for (&hash, text) in &part.some {
            self.keep(hash, text);
        }
        for (cell, moments) in part.moments.iter().enumerate() {
            self.moments[cell_of[cell] as usize].merge(moments);
        }
        for (cell, rows) in part.odd.iter().enumerate() {
            self.odd[cell_of[cell] as usize] += rows;
        }
        for (&bin, rows) in &part.bins {
            *self.bins.entry(bin).or_insert(0) += rows;
        }
        for row in 0..part.grid.rows() {
            self.absorb_row(part, row, cell_of);
        }
    }

    fn absorb_row(&mut self, part: &Self, row: usize, cell_of: &[u32]) {
        let counts = part.grid.row(row);
        let total: u64 = counts.iter().sum();
        // A value that no row has takes no room; the others do, in whatever part they were.
        if total == 0 {
            return;
        }
        let is_value = row > MISSING as usize && part.level < Level::Counts;
        let place = if !is_value {
            row as u32
        } else if !part.is_number {
            self.place_text(&part.names[row - 1])
        } else {
            let bits = part.numbers[row - 1];
            let (place, bin) = if part.level == Level::Values {
                let number = f64::from_bits(bits);
                (self.place_number(number), bin(number))
            } else {
                (self.place_bin(bits as u32), bits as u32)
            };
            if self.level == Level::Counts {
                *self.bins.entry(bin).or_insert(0) += total;
            }
            place
        };
        for (cell, &rows) in counts.iter().enumerate() {
            if rows > 0 {
                self.grid.add(place, cell_of[cell], rows);
            }
        }
    }
}

impl Sketch {
    /// Puts cells together.
    pub(super) fn fold_cells(&mut self, cells: usize, cell_of: impl Fn(usize) -> u32) {
        let rows = self.grid.rows();
        self.grid = self.grid.folded((rows, cells), |row| row as u32, &cell_of);
        let mut odd = vec![0; cells];
        for (cell, rows) in self.odd.iter().enumerate() {
            odd[cell_of(cell) as usize] += rows;
        }
        self.odd = odd;
        if self.is_number {
            let mut moments = Vec::new();
            moments.resize_with(cells, super::Moments::default);
            for (cell, part) in self.moments.iter().enumerate() {
                moments[cell_of(cell) as usize].merge(part);
            }
            self.moments = moments;
        }
    }
}
