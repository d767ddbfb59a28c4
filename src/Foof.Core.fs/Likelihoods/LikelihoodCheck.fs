namespace Foof

open System.Runtime.InteropServices
open TorchSharp

/// How the network's output f speaks about the label y.
/// (MATH 2)
[<RequireQualifiedAccess>]
type Likelihood =
    /// p(y | f) = softmax(f)_y: f [n; C] or [n; C; positions...], y [n] or [n; positions...] class indices of any
    /// whole type; where y is -100 it is ignored.
    | Categorical
    /// y ~ N(f, sigma^2 I), sigma positive: f and y [n; ...].
    | Gaussian of sigma: float
    /// y_c ~ N(f_c, sigma_c^2), one known positive deviation per channel: f and y [n; C; ...].
    | GaussianPerOutput of sigma: float array
    /// p(y = 1 | f) = 1 / (1 + exp(-f)), y in [0, 1]: f (logits) and y [n; ...].
    | Bernoulli
    /// y ~ Poisson(exp f), y at least 0: f (log rates) and y [n; ...].
    | Poisson

/// What outputs, labels and masks must be.
[<RequireQualifiedAccess>]
module internal LikelihoodCheck =

    /// The class index of a label that is ignored.
    let ignored = -100L

    /// Counts above 2^53 are no whole numbers in float64: the largest log rate.
    let private largestLogRate = 53.0 * log 2.0

    /// Raises an ArgumentException unless the likelihood can read an output of this shape and type.
    let output likelihood (output: torch.Tensor) =
        let refuse requirement = invalidArg (nameof output) $"output must {requirement}; got {Shape.describe output}."
        if not (torch.is_floating_point output.dtype) then refuse "hold floating-point numbers"
        if output.dim () = 0L || output.numel () = 0L then refuse "hold at least one data point"
        match likelihood with
        | Likelihood.Categorical -> if output.dim () < 2L then refuse "be [n; C; ...], a score for each of C classes"
        | Likelihood.Gaussian sigma -> Require.positive (nameof sigma) sigma
        | Likelihood.GaussianPerOutput sigma ->
            sigma |> Array.iter (Require.positive (nameof sigma))
            if output.dim () < 2L || output.size 1 <> int64 sigma.Length then
                refuse $"be [n; {sigma.Length}; ...], a channel for each deviation in sigma"
        | Likelihood.Bernoulli
        | Likelihood.Poisson -> ()

    /// Class indices of another whole type as libtorch reads them, Int64; all other labels as they are.
    /// A new tensor belongs to the caller's scope.
    let indices (target: torch.Tensor) =
        match target.dtype with
        | torch.ScalarType.Byte
        | torch.ScalarType.Int8
        | torch.ScalarType.Int16
        | torch.ScalarType.Int32 -> target.``to`` torch.ScalarType.Int64
        | _ -> target

    let private like name requirement remedy shape kind (output: torch.Tensor) (tensor: torch.Tensor) =
        if tensor.dtype <> kind || tensor.shape <> shape then
            invalidArg
                name
                $"{name} must {requirement} for an output {Shape.describe output}; got {Shape.describe tensor}{remedy}."
        if not (Require.isSameDevice tensor.device output.device) then
            invalidArg name $"{name} must be on the output's device {output.device}; got it on {tensor.device}."

    /// The shape of the labels of an output.
    let labelShape likelihood (output: torch.Tensor) =
        match likelihood with
        | Likelihood.Categorical -> Array.removeAt 1 output.shape
        | _ -> output.shape

    /// Raises an ArgumentException unless output and labels fit; reads shapes and types only.
    let labels likelihood (f: torch.Tensor) (target: torch.Tensor) =
        output likelihood f
        let shape = labelShape likelihood f
        match likelihood with
        | Likelihood.Categorical ->
            let requirement = "hold class indices, whole numbers, one per data point and position,"
            let remedy = ": use target.to(int64), or target.argmax(1) for one-hot rows"
            use _indices = torch.NewDisposeScope()
            like (nameof target) requirement remedy shape torch.ScalarType.Int64 f (indices target)
        | _ -> like (nameof target) "have the output's shape and type" "" shape f.dtype f target

    /// Raises an ArgumentException unless `v` is of the output's shape and type.
    let vector likelihood (f: torch.Tensor) (v: torch.Tensor) =
        output likelihood f
        like (nameof v) "have the output's shape and type" "" f.shape f.dtype f v

    /// Raises an ArgumentException unless `mask` holds one truth value per label.
    let mask (mask: torch.Tensor) (target: torch.Tensor) =
        let fits = mask.dtype = torch.ScalarType.Bool && mask.shape = target.shape
        if not (fits && Require.isSameDevice mask.device target.device) then
            invalidArg
                (nameof mask)
                $"mask must be of type Bool, of the labels' shape and on their device, for labels \
                  {Shape.describe target} on {target.device}; got {Shape.describe mask} on {mask.device}."

    /// Raises a NumericalFailure when outputs are not finite, or log rates so large that counts lose their units.
    let finite likelihood (output: torch.Tensor) =
        let refuse count fault =
            if count > 0L then
                let what = $"{count} of {output.numel ()} elements are {fault}"
                let remedy = "check the inputs for NaN, lower the learning rate or raise the damping"
                raise (NumericalFailure(what, "the output", remedy))
        refuse (Numbers.countNotFinite output) "NaN or infinite"
        if likelihood = Likelihood.Poisson then
            let large = Scope.value (fun () -> Numbers.count (output.gt (largestLogRate.ToScalar())))
            refuse large "log rates of counts above 2^53"

    let private ignoredIn (target: torch.Tensor) =
        Scope.value (fun () -> Numbers.count ((indices target).eq(ignored.ToScalar())))

    let private requireCounting skipped (target: torch.Tensor) =
        if skipped = target.numel () then
            invalidArg (nameof target) $"target must hold a label that counts; all {skipped} are {ignored}."

    /// Raises an ArgumentException when no label counts.
    let counting likelihood (target: torch.Tensor) =
        if likelihood = Likelihood.Categorical then requireCounting (ignoredIn target) target

    /// A number that is finite only if no label is one that libtorch takes though the likelihood has no such label.
    let telling likelihood (target: torch.Tensor) =
        let ofOutside (outside: torch.Tensor) =
            ValueSome((1.0 - outside.any().``to``(torch.ScalarType.Float32)).reciprocal())
        match likelihood with
        | Likelihood.Bernoulli -> ofOutside (target.lt(0.0.ToScalar()).logical_or(target.gt (1.0.ToScalar())))
        | Likelihood.Poisson -> ofOutside (target.lt (0.0.ToScalar()))
        | _ -> ValueNone

    /// Raises an ArgumentException unless all labels are possible ones and one of them counts.
    let possible likelihood (output: torch.Tensor) (target: torch.Tensor) =
        let refuse count requirement =
            if count > 0L then
                invalidArg (nameof target) $"target must {requirement}; {count} of {target.numel ()} labels are not."
        let outside (low: Scalar) (high: Scalar) =
            Scope.value (fun () ->
                let target = indices target
                Numbers.count (target.lt(low).bitwise_or(target.gt high)))
        match likelihood with
        | Likelihood.Categorical ->
            let classes = output.size 1
            let skipped = ignoredIn target
            refuse
                (outside (0L.ToScalar()) ((classes - 1L).ToScalar()) - skipped)
                $"hold class indices from 0 to {classes - 1L}, or {ignored} where it is to be ignored"
            requireCounting skipped target
        | _ ->
            refuse (Numbers.countNotFinite target) "hold finite numbers"
            match likelihood with
            | Likelihood.Bernoulli -> refuse (outside (0.0.ToScalar()) (1.0.ToScalar())) "hold numbers from 0 to 1"
            | Likelihood.Poisson -> refuse (outside (0.0.ToScalar()) (infinity.ToScalar())) "hold numbers of at least 0"
            | _ -> ()

    /// Runs `work` on an output and its labels (null: no labels). Where libtorch fails at it and the labels are wrong,
    /// the error says what is wrong with them.
    let explaining likelihood (output: torch.Tensor) (target: torch.Tensor) (work: unit -> 'T) =
        try
            work ()
        with :? ExternalException when not (isNull target) ->
            labels likelihood output target
            possible likelihood output target
            reraise ()
