namespace Foof

open TorchSharp

/// Samples theta ~ N(theta*, T (P + N F)^-1) of a posterior. They belong to the caller. (Benzing 2022, App. C; MATH 6)
[<RequireQualifiedAccess>]
module PosteriorSample =

    let private requireGenerator (posterior: Posterior) (generator: torch.Generator) =
        Require.generator generator posterior.Mean[0].device

    /// Normal numbers sample by sample, so that what a sample gets does not depend on how many are drawn at once, and those
    /// that a part wants besides. Shapes: -> [m; k] a part.
    let private fill (generator: torch.Generator) (posterior: Posterior) (samples: torch.Tensor array) =
        let parts = DataPrecision.parts posterior.Data
        let k, like = samples[0].size 0, samples[0]

        let noises =
            parts
            |> Array.map (fun struct (part, _, _) ->
                torch.empty (k, PosteriorPart.noise part, dtype = like.dtype, device = like.device))

        let normal deviation (tensor: torch.Tensor) =
            tensor.normal_ (0.0, deviation, generator) |> ignore

        for s in 0L .. k - 1L do
            use _sample = torch.NewDisposeScope()

            parts
            |> Array.iteri (fun i struct (part, first, count) ->
                for l in first .. first + count - 1 do
                    samples[l].select(0L, s)
                    |> normal (PosteriorPart.scale posterior.Prior.Precision[l] part)

                if noises[i].size 1 > 0L then
                    normal 1.0 (noises[i].select(0L, s)))

        noises |> Array.map _.t()

    /// Samples of normal numbers, in place.
    let private deviate
        (posterior: Posterior)
        (struct (samples: torch.Tensor array, noises: torch.Tensor array))
        =
        DataPrecision.parts posterior.Data
        |> Array.iteri (fun i struct (part, first, count) ->
            let delta = Array.sub posterior.Prior.Precision first count
            PosteriorPart.deviate delta part noises[i] (Array.sub samples first count))

        Array.iter2
            (fun (sample: torch.Tensor) (mean: torch.Tensor) ->
                if posterior.Temperature <> 1.0 then
                    sample.mul_ ((sqrt posterior.Temperature).ToScalar()) |> ignore

                sample.add_ mean |> ignore)
            samples
            posterior.Mean

    let private lanes (posterior: Posterior) = Lanes.countOn posterior.Mean[0]

    /// How many samples a lane draws in one go, so that the temporaries of all lanes keep within the budget.
    let private atOnce (posterior: Posterior) =
        let most =
            Posterior.byPart posterior (fun _ part -> PosteriorPart.footprint part)
            |> Array.max

        max
            1L
            (Posterior.budget
             / int64 (lanes posterior)
             / (posterior.Mean[0].ElementSize * most))

    /// How many of k samples a lane takes at a time, `most` at most. The lanes' first ones are larger and larger: lanes draw
    /// their normal numbers one after another, and would all wait for the first one if that drew as many.
    let internal shares (lanes: int64) (most: int64) (k: int64) =
        let usual = min most ((k + lanes - 1L) / lanes)

        let next (struct (i, left)) =
            let wanted =
                if i < lanes then
                    (usual * (i + 1L) + lanes - 1L) / lanes
                else
                    usual

            if left = 0L then
                None
            else
                let count = min wanted left
                Some(count, struct (i + 1L, left - count))

        List.unfold next (struct (0L, k))

    let private chunks (samples: torch.Tensor array) (counts: int64 list) = [|
        for start, count in List.zip (List.scan (+) 0L counts |> List.take counts.Length) counts ->
            samples |> Array.map _.narrow(0L, start, count)
    |]

    /// Draws samples theta ~ N(theta*, T Sigma) into the caller's memory.
    ///
    /// theta* + y + P^-1 U M^-1 (eps - U^T y) of a low-rank posterior, y ~ N(0, P^-1), eps ~ N(0, I), and
    /// theta* + Q (kappa + delta)^-1/2 z where eigenvectors are known. Equal seeds give equal random numbers, however
    /// many samples are drawn at once; null is the default generator. Temporaries take 16 MB at most, unless one sample
    /// for each lane takes more. Shapes: samples [k; d_out; d_in] a layer, each in one piece. Raises an ArgumentException
    /// for k = 0 and a generator on another device.
    let into (generator: torch.Generator) (samples: torch.Tensor array) (posterior: Posterior) =
        requireGenerator posterior generator

        if samples.Length <> posterior.Mean.Length then
            invalidArg
                (nameof samples)
                $"samples must hold {posterior.Mean.Length} tensors, one per layer; got {samples.Length}."

        let k = if samples[0].dim() = 3L then samples[0].size 0 else 0L
        Require.atLeast "the number of samples" 1 (int k)

        Array.iter2
            (fun (mean: torch.Tensor) (sample: torch.Tensor) ->
                Require.like (nameof samples) (Array.append [| k |] mean.shape) mean.dtype sample
                |> ignore

                if not (sample.is_contiguous ()) then
                    invalidArg (nameof samples) "samples must lie in one piece; got a view with gaps.")
            posterior.Mean
            samples

        Scope.value (fun () ->
            use _quiet = torch.no_grad ()

            let arithmetic =
                Posterior.byPart posterior (fun _ part -> PosteriorPart.arithmetic part)
                |> Array.sum

            // A lane draws its samples' normal numbers, which takes one thread, while others multiply.
            shares (int64 (lanes posterior)) (atOnce posterior) (int64 k)
            |> chunks samples
            |> Lanes.iterInTurn
                (fun chunk -> Lanes.countedOn chunk[0] (float (chunk[0].size 0) * arithmetic))
                (fun chunk -> struct (chunk, fill generator posterior chunk))
                (deviate posterior))

    /// Memory for k samples.
    let private memory (k: int) (posterior: Posterior) =
        posterior.Mean
        |> Array.map (fun mean ->
            torch.empty (Array.append [| int64 k |] mean.shape, dtype = mean.dtype, device = mean.device))

    /// k samples, as `into`. Shapes: -> [k; d_out; d_in] a layer.
    let draw (k: int) (generator: torch.Generator) (posterior: Posterior) =
        Require.atLeast "the number of samples" 1 k

        Scope.owned
            (fun () ->
                let samples = memory k posterior
                into generator samples posterior
                samples)
            Seq.ofArray

    /// k samples in chunks of 32 MB or a few samples, one chunk after the other: for k p numbers that do not fit at once.
    /// Each chunk [k'; d_out; d_in] a layer is freed when the next one is asked for, and its memory used again.
    let stream (k: int) (generator: torch.Generator) (posterior: Posterior) : seq<torch.Tensor array> =
        Require.atLeast "the number of samples" 1 k
        requireGenerator posterior generator
        let bytes = posterior.Mean[0].ElementSize * Posterior.weights posterior
        let fitting = 2L * Posterior.budget / bytes
        // One sample for each lane, where these are few.
        let most = int (min (int64 k) (max fitting (int64 (min 4 (lanes posterior)))))

        seq {
            let memory = memory most posterior |> Array.map Scope.detach

            try
                for start in 0..most .. k - 1 do
                    let count = int64 (min most (k - start))
                    let chunk = memory |> Array.map _.narrow(0L, 0L, count)

                    try
                        into generator chunk posterior
                        yield chunk
                    finally
                        chunk |> Array.iter _.Dispose()
            finally
                memory |> Array.iter _.Dispose()
        }
