namespace Foof

open TorchSharp

/// Samples theta ~ N(theta*, T (P + N F)^-1) of a posterior.
/// They belong to the caller.
/// (Benzing 2022, App. C; MATH 6)
[<RequireQualifiedAccess>]
module Sampling =

    let private requireGenerator (posterior: Posterior) (generator: torch.Generator) =
        Require.generator generator posterior.Mean[0].device

    /// Normal numbers sample by sample, so that what a sample gets does not depend on how many are drawn at once, and
    /// those that a part wants besides.
    /// Shapes: -> [m; k] a part.
    let private fill (generator: torch.Generator) (posterior: Posterior) (samples: torch.Tensor array) =
        let k, like = samples[0].size 0, samples[0]

        let byPart =
            Array.zip3
                posterior.Data.Parts
                (DataPrecision.deal posterior.Prior.Precision posterior.Data)
                (DataPrecision.deal samples posterior.Data)

        let noises =
            posterior.Data.Parts
            |> Array.map (fun part -> torch.empty (k, Covariance.noise part, dtype = like.dtype, device = like.device))

        let normal deviation (tensor: torch.Tensor) = tensor.normal_ (0.0, deviation, generator) |> ignore

        for s in 0L .. k - 1L do
            use _sample = torch.NewDisposeScope()

            for noise, (part, precision, own) in Array.zip noises byPart do
                for delta, sample in Array.zip precision own do
                    sample.select (0L, s) |> normal (Covariance.scale delta part)

                if noise.size 1 > 0L then normal 1.0 (noise.select (0L, s))

        noises |> Array.map _.t()

    /// theta* + sqrt(T) times the deviations that normal numbers become, in place.
    let private deviate (posterior: Posterior) (samples: torch.Tensor array) (noises: torch.Tensor array) =
        let own = DataPrecision.deal samples posterior.Data
        Posterior.byPart posterior Covariance.deviate |> Array.iteri (fun i deviate -> deviate noises[i] own[i])
        Array.iter2
            (fun (sample: torch.Tensor) (mean: torch.Tensor) ->
                if posterior.Temperature <> 1.0 then sample.mul_ ((sqrt posterior.Temperature).ToScalar()) |> ignore
                sample.add_ mean |> ignore)
            samples
            posterior.Mean

    /// How many samples are drawn at once, so that the temporaries keep within the budget.
    let private atOnce (posterior: Posterior) =
        let most = Posterior.byPart posterior (fun _ part -> Covariance.footprint part) |> Array.max
        Posterior.budget / (posterior.Mean[0].ElementSize * most)

    /// Draws samples theta ~ N(theta*, T Sigma) into the caller's memory.
    ///
    /// theta* + y + P^-1 U M^-1 (eps - U^T y) of a low-rank posterior, y ~ N(0, P^-1), eps ~ N(0, I), and theta* + Q
    /// (kappa + delta)^-1/2 z where eigenvectors are known, both at T = 1. Equal seeds give equal random numbers,
    /// however many samples are drawn at once; null is the default generator. Temporaries take 4 MB at most, unless one
    /// sample takes more.
    /// Shapes: samples [k; d_out; d_in] a layer, each in one piece.
    /// Raises an ArgumentException for k = 0, a generator on another device, and samples that have other layers, shapes
    /// or types than theta* or do not lie in one piece; a NumericalFailure for numbers beyond their type's range.
    /// (Benzing 2022, App. C; MATH 6)
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
                Require.like (nameof samples) (Array.append [| k |] mean.shape) mean.dtype sample |> ignore
                Require.alike (nameof samples) mean sample

                if not (sample.is_contiguous ()) then
                    invalidArg (nameof samples) "samples must lie in one piece; got a view with gaps.")
            posterior.Mean
            samples

        Scope.value (fun () ->
            use _quiet = torch.no_grad ()

            for struct (start, count) in Runs.ofAtMost (atOnce posterior) k do
                use _chunk = torch.NewDisposeScope()
                let chunk = samples |> Array.map _.narrow(0L, start, count)
                let noises = fill generator posterior chunk
                deviate posterior chunk noises
                Posterior.finiteTensors "the samples" chunk |> ignore)

    /// Memory for k samples.
    let private memory (k: int) (posterior: Posterior) =
        posterior.Mean
        |> Array.map (fun mean ->
            torch.empty (Array.append [| int64 k |] mean.shape, dtype = mean.dtype, device = mean.device))

    /// k samples theta ~ N(theta*, T Sigma), drawn like those of `into`; null is the default generator.
    /// Shapes: -> [k; d_out; d_in] a layer.
    /// The result belongs to the caller.
    /// Raises an ArgumentException for k = 0 and a generator on another device.
    /// (Benzing 2022, App. C; MATH 6)
    let draw (k: int) (generator: torch.Generator) (posterior: Posterior) =
        Require.atLeast (nameof k) 1 k
        Scope.owned
            (fun () ->
                let samples = memory k posterior
                into generator samples posterior
                samples)
            Seq.ofArray

    /// k samples in chunks of 8 MB or one sample, one chunk after the other: for k p numbers that do not fit at once.
    /// Shapes: -> chunks [k'; d_out; d_in] a layer.
    /// A chunk stays the sequence's: it is freed when the next one is asked for, and its memory used again.
    /// Raises an ArgumentException for k = 0 and a generator on another device.
    let stream (k: int) (generator: torch.Generator) (posterior: Posterior) : seq<torch.Tensor array> =
        Require.atLeast (nameof k) 1 k
        requireGenerator posterior generator
        let bytes = posterior.Mean[0].ElementSize * Posterior.weights posterior
        let most = int (min (int64 k) (max 1L (2L * Posterior.budget / bytes)))

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
