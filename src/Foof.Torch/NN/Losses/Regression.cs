namespace TorchSharp.Modules
{
    /// <summary>(input - target)^2.</summary>
    public sealed class MSELoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor>
    {
        /// <summary>The loss with these settings.</summary>
        public MSELoss(torch.nn.Reduction reduction = torch.nn.Reduction.Mean)
            : base(reduction) { }

        /// <summary>The loss of the input against the target.</summary>
        public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) =>
            torch.nn.functional.mse_loss(input, target, reduction);
    }

    /// <summary>|input - target|.</summary>
    public sealed class L1Loss : Loss<torch.Tensor, torch.Tensor, torch.Tensor>
    {
        /// <summary>The loss with these settings.</summary>
        public L1Loss(torch.nn.Reduction reduction = torch.nn.Reduction.Mean)
            : base(reduction) { }

        /// <summary>The loss of the input against the target.</summary>
        public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) =>
            torch.nn.functional.l1_loss(input, target, reduction);
    }

    /// <summary>d^2 / (2 beta) where d = |input - target| is below beta, else d - beta / 2.</summary>
    public sealed class SmoothL1Loss : Loss<torch.Tensor, torch.Tensor, torch.Tensor>
    {
        /// <summary>The loss with these settings.</summary>
        public SmoothL1Loss(torch.nn.Reduction reduction = torch.nn.Reduction.Mean, double beta = 1.0)
            : base(reduction)
        {
            this.beta = beta;
        }

        /// <summary>Where the parabola ends.</summary>
        public double beta { get; }

        /// <summary>The loss of the input against the target.</summary>
        public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) =>
            torch.nn.functional.smooth_l1_loss(input, target, reduction, beta);
    }

    /// <summary>d^2 / 2 where d = |input - target| is below delta, else delta (d - delta / 2).</summary>
    public sealed class HuberLoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor>
    {
        /// <summary>The loss with these settings.</summary>
        public HuberLoss(double delta = 1.0, torch.nn.Reduction reduction = torch.nn.Reduction.Mean)
            : base(reduction)
        {
            this.delta = delta;
        }

        /// <summary>Where the parabola ends.</summary>
        public double delta { get; }

        /// <summary>The loss of the input against the target.</summary>
        public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) =>
            torch.nn.functional.huber_loss(input, target, delta, reduction);
    }

    /// <summary>The negative log-likelihood of counts under a Poisson distribution.</summary>
    public sealed class PoissonNLLLoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor>
    {
        /// <summary>The loss with these settings.</summary>
        public PoissonNLLLoss(
            bool log_input = true,
            bool full = false,
            float eps = 1e-8f,
            torch.nn.Reduction reduction = torch.nn.Reduction.Mean
        )
            : base(reduction)
        {
            this.log_input = log_input;
            this.full = full;
            this.eps = eps;
        }

        /// <summary>Whether the input is the logarithm of the mean.</summary>
        public bool log_input { get; }

        /// <summary>Whether Stirling's approximation of log(target!) is added.</summary>
        public bool full { get; }

        /// <summary>What is added to the input before its logarithm.</summary>
        public float eps { get; }

        /// <summary>The loss of the input against the target.</summary>
        public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) =>
            torch.nn.functional.poisson_nll_loss(input, target, log_input, full, eps, reduction);
    }

    /// <summary>
    /// The Kullback-Leibler divergence of the target from the input, which is log-probabilities.
    /// </summary>
    public sealed class KLDivLoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor>
    {
        /// <summary>The loss with these settings.</summary>
        public KLDivLoss(bool log_target = true, torch.nn.Reduction reduction = torch.nn.Reduction.Mean)
            : base(reduction)
        {
            this.log_target = log_target;
        }

        /// <summary>Whether the target is log-probabilities too.</summary>
        public bool log_target { get; }

        /// <summary>The loss of the input against the target.</summary>
        public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) =>
            torch.nn.functional.kl_div(input, target, log_target, reduction);
    }

    /// <summary>The negative log-likelihood under a normal distribution of given mean and variance.</summary>
    public sealed class GaussianNLLLoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor>
    {
        /// <summary>The loss with these settings.</summary>
        public GaussianNLLLoss(
            bool full = false,
            float eps = 1e-8f,
            torch.nn.Reduction reduction = torch.nn.Reduction.Mean
        )
            : base(reduction)
        {
            this.full = full;
            this.eps = eps;
        }

        /// <summary>Whether log(2 pi) / 2 is added.</summary>
        public bool full { get; }

        /// <summary>The least variance.</summary>
        public float eps { get; }

        /// <summary>The loss of the input against the target.</summary>
        public override torch.Tensor forward(
            torch.Tensor input,
            torch.Tensor target,
            torch.Tensor variance
        ) => torch.nn.functional.gaussian_nll_loss(input, target, variance, full, eps, reduction);
    }
}
