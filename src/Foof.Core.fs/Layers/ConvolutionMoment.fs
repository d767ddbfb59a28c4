namespace Foof

open System.Collections.Generic
open TorchSharp

/// sum_p a_p a_p^T over all patches of images, without the patches: for a kernel of 3 x 3 at less than a third of the
/// arithmetic of their product.
///
/// As the kernel moves, its points k and k' meet pairs of pixels x_s x_(s+d)^T, d = k' - k: nearly the same pairs for
/// all points with the same d, which differ by pixels at the image's edges alone. So the pairs are summed once for each
/// d, the edges by themselves, and nothing is subtracted. Pixels that padding makes zero are in no pair.
[<RequireQualifiedAccess>]
module internal ConvolutionMoment =

    /// Patches from which on it pays: with fewer, bringing the blocks into their order takes longer than the products.
    [<Literal>]
    let LeastPatches = 1500L

    /// Channels from which on it pays: the products of fewer are too narrow.
    [<Literal>]
    let LeastChannels = 3L

    /// Whether all points of the kernel meet the pairs of pixels that neighbours make.
    let suits (window: Window) (channels: int64) = channels >= LeastChannels && Patches.areDense window

    /// The rows of images, or their columns, and how the kernel lies on them.
    [<Struct>]
    type private Axis = {
        /// How many they are.
        Size: int64
        /// The kernel's points.
        Kernel: int64
        /// How far before the image it begins.
        Before: int64
        /// How many places it has.
        Places: int64
    }

    /// Where the pairs that are d >= 0 apart begin which points k and k + d of the kernel meet: from the first to
    /// before the second.
    let private met (axis: Axis) d k =
        struct (max 0L (k - axis.Before), min (axis.Size - d) (k - axis.Before + axis.Places))

    /// Parts in order that every point meets whole or not at all.
    let private pieces (axis: Axis) d = [|
        for k in 0L .. axis.Kernel - 1L - d do
            let struct (first, past) = met axis d k
            if first < past then
                first
                past
    |]

    let private parts (axis: Axis) d = pieces axis d |> Array.distinct |> Array.sort |> Array.pairwise

    /// Those of them that k and k + d meet, as the first one's number and how many.
    let private ofPoints (axis: Axis) d k (parts: (int64 * int64) array) =
        let struct (first, past) = met axis d k
        let isMet (start, stop) = first <= start && stop <= past
        match Array.tryFindIndex isMet parts with
        | None -> struct (0L, 0L)
        | Some i -> struct (int64 i, parts |> Array.filter isMet |> Array.length |> int64)

    /// The sums so far over the pairs that are this number of columns apart.
    [<ReferenceEquality>]
    type private Pairs = {
        /// How far the second pixel is to the right of the first.
        Columns: int64
        /// Where the left one is.
        Parts: (int64 * int64) array
        /// By part of the columns and of the rows: [parts; parts; c; kh c], with the rows between the two pixels as kh.
        Sum: torch.Tensor
    }

    /// Which rows from `above` to before `below` are the first ones of pairs that begin `least` rows further down: the
    /// first one, how many together, and how many rows their second ones have.
    let private taken (rows: Axis) together least (above, below) = [|
        let mutable y = above
        while y < below && y + least < rows.Size do
            let count = min rows.Kernel (rows.Size - y) - least
            let alike = if count + least = rows.Kernel then rows.Size - rows.Kernel + 1L - y else 1L
            let m = together |> min alike |> min (below - y)
            struct (y, m, count)
            y <- y + m
    |]

    /// Adds the products of the pixels [w; n; h; c] of some images, for all distances of rows at once: a pixel's column
    /// stands below it in memory. So many rows together.
    let private add together (rows: Axis) (rowParts: (int64 * int64) array) (pixels: torch.Tensor) (pairs: Pairs) =
        let c = pixels.size 3
        let d = pairs.Columns
        // Of pairs in one row, those to the right suffice.
        let least = if d < 0L then 1L else 0L
        for j, (left, stop) in Array.indexed pairs.Parts do
            let firsts = pixels.narrow (0L, left + max 0L -d, stop - left)
            let seconds = pixels.narrow (0L, left + max 0L d, stop - left)
            for i, part in Array.indexed rowParts do
                for struct (y, m, count) in taken rows together least part do
                    use _products = torch.NewDisposeScope()
                    let below = seconds.narrow(2L, y + least, m + count - 1L).unfold(2L, count, 1L)
                    let sum = pairs.Sum.select(0L, int64 j).select(0L, int64 i)
                    Products.accumulate
                        (sum.narrow (1L, least * c, count * c))
                        1.0
                        (firsts.narrow(2L, y, m).flatten(0L, 2L))
                        (below.transpose(3L, 4L).flatten(3L).flatten(0L, 2L))
                        1.0

    /// The sums for points k and k' of the kernel: a function that makes those of the same pairs once.
    let private blocks (rows: Axis) (columns: Axis) rowParts (pairs: Pairs array) =
        let made = Dictionary()
        let c = pairs[0].Sum.size 2
        fun (struct (ky, kx)) (struct (ky', kx')) ->
            let dy, dx = ky' - ky, kx' - kx
            let all = pairs |> Array.find (fun pairs -> pairs.Columns = dx)
            let struct (above, high) as y = ofPoints rows 0L ky rowParts
            let struct (left, wide) as x = ofPoints columns (abs dx) (min kx kx') all.Parts
            match made.TryGetValue(struct (dy, dx, y, x)) with
            | true, found -> found
            | _ ->
                let found = all.Sum.new_zeros (c, c)
                // A reduction over both kinds of parts at once takes several times as long.
                for j in left .. left + wide - 1L do
                    for i in above .. above + high - 1L do
                        found.add_ (all.Sum.select(0L, j).select(0L, i).narrow(1L, dy * c, c)) |> ignore
                made[struct (dy, dx, y, x)] <- found
                found

    /// Fills result [c; kh kw; c; kh kw], the order of the weight's elements, with the sums for all points.
    let private fill (rows: Axis) (columns: Axis) rowParts pairs (result: torch.Tensor) =
        let block = blocks rows columns rowParts pairs
        let points = [|
            for ky in 0L .. rows.Kernel - 1L do
                for kx in 0L .. columns.Kernel - 1L do
                    struct (ky, kx)
        |]
        let ofPoint k = Array.map (block points[k]) points[k..]
        let upper = Array.init points.Length ofPoint
        // In one memory again and again: fresh pages take longer than what is written there.
        let c = result.size 0
        let row = result.new_empty (points.LongLength, c, c)
        for k in 0 .. points.Length - 1 do
            use _row = torch.NewDisposeScope()
            for k' in 0 .. points.Length - 1 do
                let block = if k <= k' then upper[k][k' - k] else (upper[k'][k - k']).t()
                (row.select (0L, int64 k')).copy_ block |> ignore
            result.select(1L, int64 k).copy_(row.permute (1L, 2L, 0L)) |> ignore

    /// The sums of the patches' elements, from those of the pixels [w; h; c], in the order of the weight's elements.
    let private patchSums (rows: Axis) (columns: Axis) (pixels: torch.Tensor) =
        let along axis (dimension: int64) (pixels: torch.Tensor) =
            let ofPoint k =
                let struct (first, past) = met axis 0L k
                pixels.narrow(dimension, first, max 0L (past - first)).sum dimension
            torch.stack (Array.init (int axis.Kernel) (int64 >> ofPoint), 0L)
        // [kh; w; c], then [kw; kh; c].
        (pixels |> along rows 1L |> along columns 1L).permute(2L, 1L, 0L).flatten()

    /// Rows and columns of a window over images that are padded by (above, left).
    let private axes (window: Window) (images: torch.Tensor) (padding: int64 array) (places: int64 array) =
        let axis number = {
            Size = images.size (number + 2)
            Kernel = window.Kernel[number]
            Before = padding[number]
            Places = places[number]
        }
        struct (axis 0, axis 1)

    /// The last row and column, of the ones: each patch's sum, and how many patches there are.
    let private fillOnes (result: torch.Tensor) (sum: torch.Tensor) (patches: int64) =
        let d_in = sum.size 0
        result.select(0L, d_in).narrow(0L, 0L, d_in).copy_ sum |> ignore
        result.select(1L, d_in).narrow(0L, 0L, d_in).copy_ sum |> ignore
        result.select(0L, d_in).select(0L, d_in).fill_((float patches).ToScalar()) |> ignore

    /// `ofImages`, with so many rows of images in one product.
    let ofRows (together: int64) (budget: int64) (window: Window) (withOnes: bool) (images: torch.Tensor) =
        Scope.tensor (fun () ->
            let kh, kw = window.Kernel[0], window.Kernel[1]
            let places = Patches.places window images
            let struct (images, padding) = Patches.withoutMode window images
            let n, c = images.size 0, images.size 1
            let struct (rows, columns) = axes window images padding places
            let rowParts = parts rows 0L
            let pairs = [|
                for d in 1L - kw .. kw - 1L do
                    let parts = parts columns (abs d)
                    {
                        Columns = d
                        Parts = parts
                        Sum = images.new_zeros (parts.LongLength, rowParts.LongLength, c, kh * c)
                    }
            |]
            let sums = images.new_zeros (columns.Size, rows.Size, c)
            let copies = if together = 1L then 1L else kh + 2L
            let most = budget / (copies * images.numel () / n * images.ElementSize)
            for struct (start, count) in Runs.ofAtMost most n do
                use _some = torch.NewDisposeScope()
                let pixels = images.narrow(0L, start, count).permute(3L, 0L, 2L, 1L).contiguous()
                pairs |> Array.iter (add together rows rowParts pixels)
                if withOnes then sums.add_ (pixels.sum 1L) |> ignore
            let d_in = c * kh * kw
            let d = if withOnes then d_in + 1L else d_in
            let result = images.new_empty (d, d)
            let pixels = result.narrow(0L, 0L, d_in).narrow(1L, 0L, d_in)
            pixels.unflatten(1L, c, kh * kw).unflatten(0L, c, kh * kw) |> fill rows columns rowParts pairs
            if withOnes then fillOnes result (patchSums rows columns sums) (n * places[0] * places[1])
            result)

    /// The sum over the patches of images, with a last one beside each where `withOnes`, in the order of
    /// `Patches.rows`. Copies of the images take no more than `budget` bytes at a time, or one image's.
    ///
    /// Shapes: images [n; c; h; w] -> [c kh kw (+ 1); c kh kw (+ 1)].
    let ofImages (budget: int64) (window: Window) (withOnes: bool) (images: torch.Tensor) =
        // A processor multiplies the rows where they are, one by one; other devices take longer to start so many
        // products.
        let together = if images.device_type = DeviceType.CPU then 1L else images.size 2
        ofRows together budget window withOnes images
