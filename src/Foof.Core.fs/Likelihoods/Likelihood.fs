namespace Foof

open TorchSharp

/// -log p(y | f), its derivatives by f and draws of y, case by case; `Likelihood` checks the arguments, owns the
/// results and states their shapes.
[<RequireQualifiedAccess>]
module internal LikelihoodFormulas =

    /// Where labels are ignored.
    let isIgnored target = (LikelihoodCheck.indices target).eq(LikelihoodCheck.ignored.ToScalar())

    /// sigma_c along the channels of f, [1; C; 1; ...].
    let private perOutput (sigma: float array) (f: torch.Tensor) =
        let shape = Array.init (int (f.dim ())) (fun i -> if i = 1 then f.size 1 else 1L)
        torch.tensor(sigma, dtype = f.dtype, device = f.device).reshape shape

    /// p (1 - p) for p = sigmoid f, without cancellation.
    let private bernoulliVariance (f: torch.Tensor) = f.sigmoid () * f.neg().sigmoid()

    /// -log softmax(f)_y.
    let crossEntropy (f: torch.Tensor) (y: torch.Tensor) reduction =
        torch.nn.functional.cross_entropy (f, LikelihoodCheck.indices y, reduction = reduction)

    /// Which data points have a label that counts, of labels [n; ...].
    let byPoint (counted: torch.Tensor) = if counted.dim () > 1L then counted.flatten(1L).any 1L else counted

    /// The class labels that count, over the data points that have one: R for R positions without -100.
    let countedPerPoint (target: torch.Tensor) (kind: torch.ScalarType) =
        let counted = (isIgnored target).bitwise_not()
        let points = (byPoint counted).sum()
        (counted.sum().``to`` torch.ScalarType.Float64).div(points).``to`` kind

    /// -log p by entry or position, and what its sum is multiplied by for a mean over n data points.
    let entries likelihood (f: torch.Tensor) (y: torch.Tensor) (n: int64) =
        let none = torch.nn.Reduction.None
        match likelihood with
        | Likelihood.Gaussian sigma -> struct ((f - y).square(), 0.5 / (sigma * sigma * float n))
        | Likelihood.GaussianPerOutput sigma -> struct (((f - y) / perOutput sigma f).square(), 0.5 / float n)
        | Likelihood.Categorical -> struct (crossEntropy f y none, 1.0 / float n)
        | Likelihood.Bernoulli ->
            let entries = torch.nn.functional.binary_cross_entropy_with_logits (f, y, reduction = none)
            struct (entries, 1.0 / float n)
        | Likelihood.Poisson -> struct (f.exp () - y * f, 1.0 / float n)

    /// d(-log p(y | f)) / d f.
    let errors likelihood (f: torch.Tensor) (y: torch.Tensor) =
        match likelihood with
        | Likelihood.Categorical ->
            let y = (LikelihoodCheck.indices y).unsqueeze 1L
            let skip = isIgnored y
            let minus = torch.full (y.shape, (-1.0).ToScalar(), dtype = f.dtype, device = f.device)
            f.softmax(1L).scatter_add(1L, y.masked_fill (skip, 0L.ToScalar()), minus).masked_fill(skip, 0.0.ToScalar())
        | Likelihood.Gaussian sigma -> (f - y) / (sigma * sigma)
        | Likelihood.GaussianPerOutput sigma -> (f - y) / (perOutput sigma f).square()
        | Likelihood.Bernoulli -> f.sigmoid () - y
        | Likelihood.Poisson -> f.exp () - y

    /// y ~ p(y | f), from float64 probabilities and uniform numbers.
    let sample likelihood (f: torch.Tensor) (generator: torch.Generator) =
        let double = torch.ScalarType.Float64

        let uniform () =
            let shape = LikelihoodCheck.labelShape likelihood f
            torch.rand (shape, dtype = double, device = f.device, generator = generator)

        let noise () = torch.randn (f.shape, dtype = f.dtype, device = f.device, generator = generator)
        match likelihood with
        | Likelihood.Categorical ->
            // The label is the number of classes whose cumulated probability is at most u.
            let last = f.size 1 - 1L
            let cumulated = f.softmax(1L, double).cumsum 1L
            let u = (uniform ()).unsqueeze 1L * cumulated.narrow (1L, last, 1L)
            cumulated.narrow(1L, 0L, last).le(u).sum 1L
        | Likelihood.Gaussian sigma -> f + noise () * sigma
        | Likelihood.GaussianPerOutput sigma -> f + noise () * perOutput sigma f
        | Likelihood.Bernoulli -> (uniform ()).lt((f.``to`` double).sigmoid()).``to`` f.dtype
        | Likelihood.Poisson -> ((f.``to`` double).exp().poisson generator).``to`` f.dtype

    /// Column `column` of the square root of Lambda, one column per entry c R + r of f_i.
    let root likelihood (f: torch.Tensor) (column: int64) =
        let n = f.size 0
        let S = torch.zeros (f.shape, dtype = f.dtype, device = f.device)
        let entry (tensor: torch.Tensor) = tensor.reshape(n, -1L).select(1L, column)
        let positions C = f.numel () / (n * C)
        match likelihood with
        | Likelihood.Categorical ->
            let C = f.size 1
            let c, r = column / positions C, column % positions C
            let position (tensor: torch.Tensor) = tensor.reshape(n, C, positions C).select(2L, r)
            let p = (position f).softmax 1L
            let onehot = torch.arange(C.ToScalar(), device = f.device).eq(c.ToScalar()).``to`` p.dtype
            (position S).copy_(p.narrow(1L, c, 1L).sqrt() * (p - onehot))
        | Likelihood.Gaussian sigma -> (entry S).fill_((1.0 / sigma).ToScalar())
        | Likelihood.GaussianPerOutput sigma ->
            let channel = int (column / positions (f.size 1))
            (entry S).fill_((1.0 / sigma[channel]).ToScalar())
        | Likelihood.Bernoulli -> (entry S).copy_((bernoulliVariance (entry f)).sqrt())
        | Likelihood.Poisson -> (entry S).copy_((entry f * 0.5).exp())
        |> ignore

        S

    /// Lambda v.
    let product likelihood (f: torch.Tensor) (v: torch.Tensor) =
        match likelihood with
        | Likelihood.Categorical ->
            let p = f.softmax 1L
            p * (v - (p * v).sum(1L, true))
        | Likelihood.Gaussian sigma -> v / (sigma * sigma)
        | Likelihood.GaussianPerOutput sigma -> v / (perOutput sigma f).square()
        | Likelihood.Bernoulli -> bernoulliVariance f * v
        | Likelihood.Poisson -> f.exp () * v

/// What curvature asks of a likelihood: its loss, the loss's derivatives by the output f, sampled labels. A data point
/// is a row of the first dimension; its entries and positions are summed.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Likelihood =

    /// The labels that count: all of them, but for -100 of `Categorical`.
    ///
    /// Shapes: y -> truth values of y's shape.
    /// The result belongs to the caller.
    let counted (likelihood: Likelihood) (target: torch.Tensor) =
        Scope.tensor (fun () ->
            match likelihood with
            | Likelihood.Categorical -> (LikelihoodFormulas.isIgnored target).bitwise_not()
            | _ -> torch.ones (target.shape, dtype = torch.ScalarType.Bool, device = target.device))

    /// The numbers of the data points of which at least one label counts; ValueNone where all have one.
    /// The result belongs to the caller's scope.
    let internal shown likelihood (target: torch.Tensor) =
        match likelihood with
        | Likelihood.Categorical when
            not (isNull target) && Scope.value (fun () -> Numbers.holds ((LikelihoodFormulas.isIgnored target).any()))
            ->
            let points = LikelihoodFormulas.byPoint (counted likelihood target)
            if Numbers.holds (points.all ()) then ValueNone else ValueSome(points.nonzero().squeeze -1L)
        | _ -> ValueNone

    /// The number n of data points of which at least one label counts.
    ///
    /// Shapes: truth values [n; ...].
    /// Raises an ArgumentException for other types, and when no label counts.
    let dataPoints (mask: torch.Tensor) =
        LikelihoodCheck.mask mask mask
        let n = Scope.value (fun () -> Numbers.count (LikelihoodFormulas.byPoint mask))
        if n = 0L then
            invalidArg (nameof mask) $"mask must leave a label that counts; all {mask.numel ()} are ignored."
        n

    /// Zeros where `mask` is false, whatever stood there.
    ///
    /// Where not every label counts, give the functions below a masked output and masked labels, and mask their errors,
    /// columns and products.
    /// Shapes: truth values of the labels' shape; a tensor of that shape, or with classes as a further dimension 1.
    /// The result belongs to the caller.
    /// Raises an ArgumentException for other shapes, and for a mask of another type or on another device.
    let masked (mask: torch.Tensor) (tensor: torch.Tensor) =
        Scope.tensor (fun () ->
            let byClass = tensor.dim () = mask.dim () + 1L && tensor.dim () > 1L
            LikelihoodCheck.mask mask (if byClass then tensor.select (1L, 0L) else tensor)
            let ignored = mask.bitwise_not ()
            tensor.masked_fill ((if byClass then ignored.unsqueeze 1L else ignored), 0.0.ToScalar()))

    /// The mean over data points of -log p(y_i | f_i), without constants that do not depend on f.
    ///
    /// 1/n sum_i of, summed over entries or positions: Categorical -log softmax(f)_y, where n counts the points with a
    /// label other than -100; Gaussian 1/2 (f - y)^2 / sigma^2, or sigma_c^2; Bernoulli log(1 + exp f) - y f; Poisson
    /// exp f - y f.
    /// The result is a scalar of the output's type, in its graph, and belongs to the caller.
    /// Raises an ArgumentException when shapes, types or devices do not fit, the batch is empty or sigma is not
    /// positive. It reads no values (`check` does): NaN comes of NaN, and of class labels that are all -100.
    /// (MATH 1, 2)
    let loss (likelihood: Likelihood) (output: torch.Tensor) (target: torch.Tensor) =
        Scope.tensor (fun () ->
            LikelihoodCheck.labels likelihood output target
            match likelihood with
            | Likelihood.Categorical ->
                let mean = LikelihoodFormulas.crossEntropy output target torch.nn.Reduction.Mean
                if target.dim () = 1L then mean else mean * LikelihoodFormulas.countedPerPoint target mean.dtype
            | _ ->
                let struct (entries, scale) = LikelihoodFormulas.entries likelihood output target (output.size 0)
                entries.sum () * scale)

    /// The loss over the labels at which `mask` is true; the others, and their outputs, may be anything.
    ///
    /// n is the number of data points of which a label counts.
    /// Shapes: truth values of the labels' shape.
    /// The result is a scalar of the output's type, in its graph, and belongs to the caller.
    /// Raises an ArgumentException as `loss` does, for a mask that does not fit, and when no label counts.
    let lossMasked likelihood (output: torch.Tensor) (target: torch.Tensor) (mask: torch.Tensor) =
        Scope.tensor (fun () ->
            LikelihoodCheck.labels likelihood output target
            LikelihoodCheck.mask mask target
            let counts = (counted likelihood target).bitwise_and mask
            let f, y = masked counts output, masked counts target
            let struct (entries, scale) = LikelihoodFormulas.entries likelihood f y (dataPoints counts)
            (masked counts entries).sum() * scale)

    /// Raises what `loss` raises, and what it does not look for, with the number of faults: an ArgumentException for
    /// class indices out of range or all ignored, labels that are not finite, outside [0, 1] (Bernoulli) or negative
    /// (Poisson); a NumericalFailure for outputs that are not finite or log rates of counts above 2^53. On an
    /// accelerator this waits for the values.
    let check (likelihood: Likelihood) (output: torch.Tensor) (target: torch.Tensor) =
        LikelihoodCheck.labels likelihood output target
        LikelihoodCheck.possible likelihood output target
        LikelihoodCheck.finite likelihood output

    /// e_i = d(-log p(y_i | f_i)) / d f_i for all data points, in closed form.
    ///
    /// Categorical softmax(f) - onehot(y), zero where y is -100; Gaussian (f - y) / sigma^2, or sigma_c^2; Bernoulli
    /// sigmoid(f) - y; Poisson exp f - y.
    /// Shapes: f [n; ...] -> [n; ...]. The summand's: never divided by n.
    /// The result carries no gradient and belongs to the caller.
    /// Raises an ArgumentException as `loss` does.
    /// (MATH 1)
    let errors (likelihood: Likelihood) (output: torch.Tensor) (target: torch.Tensor) =
        Scope.tensor (fun () ->
            LikelihoodCheck.labels likelihood output target
            use _quiet = torch.no_grad ()
            LikelihoodFormulas.errors likelihood output target)

    /// Labels y_i ~ p(y | f_i), of the shape and type that `loss` takes, drawn from `generator` (null: the device's
    /// default one).
    ///
    /// Probabilities and uniform numbers are float64, whatever the output's type.
    /// Shapes: f [n; C; ...] -> [n; ...] class indices (Int64); f [n; ...] of the other likelihoods -> [n; ...], in its
    /// type.
    /// The result carries no gradient and belongs to the caller.
    /// Raises an ArgumentException when the output's shape or the generator's device does not fit, and a
    /// NumericalFailure as `check` does.
    /// (MATH 2)
    let sample (likelihood: Likelihood) (output: torch.Tensor) (generator: torch.Generator) =
        Scope.tensor (fun () ->
            LikelihoodCheck.output likelihood output
            Require.generator generator output.device
            LikelihoodCheck.finite likelihood output
            use _quiet = torch.no_grad ()
            LikelihoodFormulas.sample likelihood output generator)

    /// The number of columns of the square root S_i of Lambda_i = -d2 log p(y | f_i) / d f_i^2: one per entry of f_i.
    /// Raises an ArgumentException when the output's shape does not fit or it holds no data point.
    /// (MATH 2)
    let hessianColumns (likelihood: Likelihood) (output: torch.Tensor) =
        LikelihoodCheck.output likelihood output
        output.numel () / output.size 0

    /// Column s_c of S_i for all data points at once: sum_c s_c s_c^T = Lambda_i.
    ///
    /// Column c R + r belongs to the entry at class or channel c and position r of R, and is zero at other positions.
    /// Categorical sqrt(p_c) (p - onehot_c); Gaussian onehot_c / sigma; Bernoulli sqrt(p (1 - p)) onehot_c; Poisson
    /// sqrt(exp f) onehot_c.
    /// Shapes: f [n; ...] -> [n; ...]. The summand's: never divided by n.
    /// The result carries no gradient and belongs to the caller.
    /// Raises an ArgumentException when shapes do not fit or there is no such column.
    /// (MATH 2)
    let hessianRoot (likelihood: Likelihood) (output: torch.Tensor) (column: int64) =
        Scope.tensor (fun () ->
            let columns = hessianColumns likelihood output
            if column < 0L || column >= columns then
                invalidArg (nameof column) $"column must be one of the {columns} from 0 on; got {column}."
            use _quiet = torch.no_grad ()
            LikelihoodFormulas.root likelihood output column)

    /// Lambda_i v_i for all data points, in closed form.
    ///
    /// Categorical p o (v - p.v) by position; Gaussian v / sigma^2; Bernoulli p (1 - p) v; Poisson exp(f) v.
    /// Shapes: f, v [n; ...] -> [n; ...]. The summand's: never divided by n.
    /// The result carries no gradient and belongs to the caller.
    /// Raises an ArgumentException when shapes or types do not fit.
    /// (MATH 2)
    let hessianProduct (likelihood: Likelihood) (output: torch.Tensor) (v: torch.Tensor) =
        Scope.tensor (fun () ->
            LikelihoodCheck.vector likelihood output v
            use _quiet = torch.no_grad ()
            LikelihoodFormulas.product likelihood output v)
