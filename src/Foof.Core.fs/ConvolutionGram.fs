namespace Foof

open System.Collections.Generic
open TorchSharp

/// sum_p a_p a_p^T over all patches of images, without the patches, at about half the arithmetic of their product.
///
/// Row k of the patch at height y is a part of the image's row s = y + k, so that for rows k and k + d the sum runs over
/// u_s u_(s+d)^T, u_s [kw c] the kernel's row on the image's: it depends on k by the outermost rows s alone. What all k share
/// is computed once for each d, the rows at the top and the bottom by themselves, and nothing is subtracted. A strip, all u_s
/// of a row of images, is as wide as one row of the kernel, a kh-th of a patch.
[<RequireQualifiedAccess>]
module internal ConvolutionGram =

    /// Patches from which on it pays: with fewer, bringing the blocks into their order takes longer than the products.
    [<Literal>]
    let LeastPatches = 3000L

    /// Whether rows of patches are rows of images one by one, and most of them are common to all rows of the kernel.
    let suits (window: Window) (images: torch.Tensor) =
        let struct (kh, _) = window.Kernel
        let struct (sh, _) = window.Stride
        let struct (dh, _) = window.Dilation
        let struct (height, _) = Patches.places window images

        window.Groups = 1L && sh = 1L && dh = 1L && kh > 1L && kh <= height

    /// The sums over all strips so far: of products u_s u_(s+d)^T by d and of outermost rows by (d, s), and of the u_s.
    [<ReferenceEquality>]
    type private Sums = {
        Common: torch.Tensor array
        Outer: Dictionary<struct (int64 * int64), torch.Tensor>
        Rows: torch.Tensor
    }

    /// Sums of zero; outermost rows that padding makes zero have none.
    let private nothing (kh: int64) height (isZero: int64 -> bool) (strips: torch.Tensor) =
        let q = strips.size 2
        let zeros rows = strips.new_zeros (rows, q)
        let outer = Dictionary()

        for d in 0L .. kh - 2L do
            for i in 0L .. kh - 2L - d do
                for s in [ i; height + i ] do
                    if not (isZero s || isZero (s + d)) then
                        outer[struct (d, s)] <- zeros q

        {
            Common = Array.init (int kh) (fun _ -> zeros q)
            Outer = outer
            Rows = zeros (strips.size 0)
        }

    /// Adds strips [rows; n w'; kw c] of some images.
    let private add (kh: int64) (height: int64) (strips: torch.Tensor) (sums: Sums) =
        let rows start count =
            strips.narrow(0L, start, count).flatten(0L, 1L)

        let addProduct sum d start count =
            Statistic.accumulateProduct sum 1.0 (rows start count) (rows (start + d) count) 1.0

        Statistic.accumulateSquare sums.Common[0] 1.0 (rows (kh - 1L) (height - kh + 1L)) 1.0

        for d in 1L .. kh - 1L do
            let first = kh - 1L - d
            addProduct sums.Common[int d] d first (height - first)

        for entry in sums.Outer do
            let struct (d, s) = entry.Key
            addProduct entry.Value d s 1L

        sums.Rows.add_ (strips.sum 1L) |> ignore

    /// Row k of the kernel by row k + d: what is common to all k, and the rows at the top and the bottom.
    let private block (kh: int64) (height: int64) (sums: Sums) k d =
        let sum = sums.Common[int d].clone()

        for s in Seq.append (seq { k .. kh - 2L - d }) (seq { height .. height + k - 1L }) do
            match sums.Outer.TryGetValue(struct (d, s)) with
            | true, outer -> sum.add_ outer |> ignore
            | _ -> ()

        sum

    /// All blocks, in the order [kh; kw; c], by rows of the kernel.
    let private blocks (kh: int64) (height: int64) (sums: Sums) =
        let q = sums.Rows.size 1
        let all = sums.Rows.new_empty (kh, q, kh, q)
        let into k k' = all.select(2L, k').select(0L, k)

        for k in 0L .. kh - 1L do
            for d in 0L .. kh - 1L - k do
                use _block = torch.NewDisposeScope()
                let found = block kh height sums k d
                (into k (k + d)).copy_ found |> ignore

                if d > 0L then
                    (into (k + d) k).copy_(found.t ()) |> ignore

        all

    /// [kh kw; c; kh kw; c] as [c; kh kw; c; kh kw], the order of the weight's elements.
    let private ordered c (blocks: torch.Tensor) =
        blocks.view(-1L, c, blocks.size 0 * blocks.size 1 / c, c).permute(1L, 0L, 3L, 2L)

    /// The blocks in the order of the weight's elements, with the sums of the patches beside them where `patches`, their
    /// number, is given.
    let private assembled (window: Window) c (height: int64) (patches: int64 voption) (sums: Sums) =
        let struct (kh, kw) = window.Kernel
        let d_in = c * kh * kw
        let square = blocks kh height sums |> ordered c

        match patches with
        | ValueNone -> square.reshape (d_in, d_in)
        | ValueSome count ->
            let result = sums.Rows.new_empty (d_in + 1L, d_in + 1L)
            let inner = result.narrow(0L, 0L, d_in).narrow(1L, 0L, d_in)

            inner.unflatten(1L, c, kh * kw).unflatten(0L, c, kh * kw).copy_ square |> ignore

            let sum =
                torch
                    .stack([| for k in 0L .. kh - 1L -> sums.Rows.narrow(0L, k, height).sum 0L |], 0L)
                    .view(kh * kw, c)
                    .t()
                    .flatten()

            result.select(0L, d_in).narrow(0L, 0L, d_in).copy_ sum |> ignore
            result.select(1L, d_in).narrow(0L, 0L, d_in).copy_ sum |> ignore

            result.select(0L, d_in).select(0L, d_in).fill_((float count).ToScalar())
            |> ignore

            result

    /// The sum over the patches of images, with a last one beside each where `withOnes`, in the order of `Patches.rows`.
    /// Strips take no more than `budget` bytes at a time, or one image's.
    ///
    /// Shapes: images [n; c; h; w] -> [c kh kw (+ 1); c kh kw (+ 1)].
    let ofImages (budget: int64) (window: Window) (withOnes: bool) (images: torch.Tensor) =
        Scope.tensor (fun () ->
            let struct (kh, _) = window.Kernel
            let struct (above, _) = window.Before
            let n, c, h = images.size 0, images.size 1, images.size 2
            let struct (height, width) = Patches.places window images
            let one = Patches.strips window (images.narrow (0L, 0L, 1L))

            let isZero s =
                window.Mode = PaddingModes.Zeros && (s < above || above + h <= s)

            let sums = nothing kh height isZero one
            let most = max 1L (budget / (one.numel () * one.ElementSize))

            for start in 0L .. most .. n - 1L do
                use _some = torch.NewDisposeScope()
                let some = images.narrow (0L, start, min most (n - start))
                add kh height (Patches.strips window some) sums

            Statistic.mirror sums.Common[0]

            let patches =
                if withOnes then
                    ValueSome(n * height * width)
                else
                    ValueNone

            assembled window c height patches sums)
