namespace Foof

open TorchSharp

/// -log p(y | f), its derivatives by f and draws of y, case by case; `Likelihood` checks the arguments and
/// owns the results.
[<RequireQualifiedAccess>]
module internal LikelihoodFormulas =

    /// Where labels are ignored.
    let isIgnored (target: torch.Tensor) =
        target.eq (LikelihoodCheck.ignored.ToScalar())

    /// sigma_c along the channels of f, [1; C; 1; ...].
    let private perOutput (sigma: float array) (f: torch.Tensor) =
        let shape = Array.init (int (f.dim ())) (fun i -> if i = 1 then f.size 1 else 1L)
        torch.tensor(sigma, dtype = f.dtype, device = f.device).reshape shape

    /// p (1 - p) for p = sigmoid f, without cancellation.
    let private bernoulliVariance (f: torch.Tensor) = f.sigmoid () * f.neg().sigmoid()

    /// -log softmax(f)_y.
    let crossEntropy (f: torch.Tensor) (y: torch.Tensor) reduction =
        torch.nn.functional.cross_entropy (f, y, reduction = reduction)

    /// The class labels that count, over the data points that have one: R for R positions without -100.
    let countedPerPoint (target: torch.Tensor) (kind: torch.ScalarType) =
        let counted = (isIgnored target).bitwise_not()
        let points = counted.flatten(1L).any(1L).sum()
        (counted.sum().``to`` torch.ScalarType.Float64).div(points).``to`` kind

    /// -log p by entry or position, and what its sum is multiplied by for a mean over n data points.
    let entries likelihood (f: torch.Tensor) (y: torch.Tensor) (n: int64) =
        let none = torch.nn.Reduction.None

        match likelihood with
        | Likelihood.Gaussian sigma -> struct ((f - y).square(), 0.5 / (sigma * sigma * float n))
        | Likelihood.GaussianPerOutput sigma -> struct (((f - y) / perOutput sigma f).square(), 0.5 / float n)
        | Likelihood.Categorical -> struct (crossEntropy f y none, 1.0 / float n)
        | Likelihood.Bernoulli ->
            let entries =
                torch.nn.functional.binary_cross_entropy_with_logits (f, y, reduction = none)

            struct (entries, 1.0 / float n)
        | Likelihood.Poisson -> struct (f.exp () - y * f, 1.0 / float n)

    /// d(-log p(y | f)) / d f.
    let errors likelihood (f: torch.Tensor) (y: torch.Tensor) =
        match likelihood with
        | Likelihood.Categorical ->
            let y = y.unsqueeze 1L
            let skip = isIgnored y

            let minus =
                torch.full (y.shape, (-1.0).ToScalar(), dtype = f.dtype, device = f.device)

            f
                .softmax(1L)
                .scatter_add(1L, y.masked_fill (skip, 0L.ToScalar()), minus)
                .masked_fill(skip, 0.0.ToScalar())
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

        let noise () =
            torch.randn (f.shape, dtype = f.dtype, device = f.device, generator = generator)

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

        let entry (tensor: torch.Tensor) =
            tensor.reshape(n, -1L).select(1L, column)

        let positions C = f.numel () / (n * C)

        match likelihood with
        | Likelihood.Categorical ->
            let C = f.size 1
            let c, r = column / positions C, column % positions C

            let position (tensor: torch.Tensor) =
                tensor.reshape(n, C, positions C).select(2L, r)

            let p = (position f).softmax 1L

            let onehot =
                torch.arange(C.ToScalar(), device = f.device).eq(c.ToScalar()).``to`` p.dtype

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
