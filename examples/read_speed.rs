//! How fast a dataset is read: past the library by several threads, and through it.
//!
//! usage: read_speed FILE PATH [THREADS]
//!
//! Every chunk (or four megabytes of rows) is one read. Each way is tried three times, and the
//! best is printed, in MB of decoded data a second.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use ch5tui::store::{Elements, File, H5Mode, ObjectPath, StoreError};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let (Some(name), Some(path)) = (arguments.first(), arguments.get(1)) else {
        return Err("usage: read_speed FILE PATH [THREADS]".into());
    };
    let threads = match arguments.get(2) {
        Some(n) => n.to_string_lossy().parse()?,
        None => std::thread::available_parallelism()?.get(),
    };
    let file = File::open(name, H5Mode::Read)?;
    let path = ObjectPath::new(path.as_encoded_bytes());
    for n in [1, threads] {
        let elements = file.elements(&path, 64 << 20)?;
        best(&format!("{:?}, {n} threads", elements.way()), &elements, n)?;
    }
    let library = file.elements_through_library(&path)?;
    best("through the library", &library, 1)?;
    Ok(())
}

fn best(label: &str, elements: &Elements, threads: usize) -> Result<(), Box<dyn Error>> {
    let mut fastest = f64::MAX;
    let mut sum = 0;
    let megabytes =
        elements.shape().iter().product::<u64>() as f64 * elements.datatype().size as f64 / 1e6;
    for _ in 0..3 {
        let start = Instant::now();
        sum = whole(elements, threads)?;
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    println!("{label}: {:.0} MB/s ({megabytes:.0} MB, sum {sum:016x})", megabytes / fastest);
    Ok(())
}

/// Reads all blocks; their first words, added up.
fn whole(elements: &Elements, threads: usize) -> Result<u64, StoreError> {
    let shape = elements.shape();
    let size = elements.datatype().size as u64;
    let block = match elements.chunk() {
        Some(chunk) => chunk.to_vec(),
        None => {
            let mut block = shape.to_vec();
            let row: u64 = shape.iter().skip(1).product::<u64>() * size;
            if let Some(first) = block.first_mut() {
                *first = (4 << 20) / row.max(1);
                *first = (*first).max(1);
            }
            block
        }
    };
    let grid: Vec<u64> = shape.iter().zip(&block).map(|(s, b)| s.div_ceil(*b)).collect();
    let total: u64 = grid.iter().product();
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let work = || {
            let mut out = Vec::new();
            let mut sum = 0u64;
            loop {
                let mut index = next.fetch_add(1, Ordering::Relaxed);
                if index >= total {
                    return Ok(sum);
                }
                let (mut start, mut count) = (vec![0; grid.len()], vec![0; grid.len()]);
                for i in (0..grid.len()).rev() {
                    start[i] = index % grid[i] * block[i];
                    count[i] = block[i].min(shape[i] - start[i]);
                    index /= grid[i];
                }
                let bytes = count.iter().product::<u64>() * size;
                out.resize(bytes as usize, 0);
                elements.read(&start, &vec![1; grid.len()], &count, &mut out)?;
                let words = out
                    .chunks_exact(8)
                    .take(1000)
                    .map(|w| w.iter().fold(0u64, |n, &b| n << 8 | u64::from(b)));
                sum = words.fold(sum, u64::wrapping_add);
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_fold(0u64, |sum, w| {
            let part: u64 = w.join().unwrap_or(Ok(0))?;
            Ok(sum.wrapping_add(part))
        })
    })
}
