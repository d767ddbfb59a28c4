using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Fills with normal numbers of this mean and standard deviation.</summary>
        public Tensor normal_(double mean = 0.0, double std = 1.0, Generator? generator = null) =>
            Aten.Normal_.Update(this, mean, std, generator);

        /// <summary>Fills with uniform numbers in [from, to).</summary>
        public Tensor uniform_(double from, double to, Generator? generator = null) =>
            Aten.Uniform_.Update(this, from, to, generator);

        /// <summary>Fills with exponential numbers of mean 1 / lambda.</summary>
        public Tensor exponential_(double lambda = 1.0, Generator? generator = null) =>
            Aten.Exponential_.Update(this, lambda, generator);

        /// <summary>Fills with exponentials of normal numbers of this mean and standard deviation.</summary>
        public Tensor log_normal_(double mean = 0.0, double std = 1.0, Generator? generator = null) =>
            Aten.LogNormal_.Update(this, mean, std, generator);

        /// <summary>Fills with Cauchy numbers.</summary>
        public Tensor cauchy_(double median = 0.0, double sigma = 1.0, Generator? generator = null) =>
            Aten.Cauchy_.Update(this, median, sigma, generator);

        /// <summary>Fills with the numbers of trials up to a success of probability p.</summary>
        public Tensor geometric_(double p, Generator? generator = null) =>
            Aten.Geometric_.Update(this, p, generator);

        /// <summary>Fills with uniform integers in [from, to).</summary>
        public Tensor random_(double from, double to, Generator? generator = null) =>
            Aten.Random_From.Update(this, (long)from, (long)to, generator);

        /// <summary>Fills with ones of probability p and zeros.</summary>
        public Tensor bernoulli_(double p = 0.5, Generator? generator = null) =>
            Aten.Bernoulli_Float.Update(this, p, generator);

        /// <summary>Fills with ones of the probabilities p and zeros.</summary>
        public Tensor bernoulli_(Tensor p, Generator? generator = null) =>
            Aten.Bernoulli_Tensor.Update(this, p, generator);

        /// <summary>Ones and zeros, with these elements as the probabilities of one.</summary>
        public Tensor bernoulli(Generator? generator = null) => Aten.Bernoulli.Call(this, generator);

        /// <summary>So many indices for every row, drawn with the row's weights.</summary>
        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) =>
            Aten.Multinomial.Call(this, num_samples, replacement, generator);

        /// <summary>Poisson numbers, with these elements as the means.</summary>
        public Tensor poisson(Generator? generator = null) => Aten.Poisson.Call(this, generator);

        /// <summary>Binomial numbers, with these elements as the counts.</summary>
        public Tensor binomial(Tensor prob, Generator? generator = null) =>
            Aten.Binomial.Call(this, prob, generator);
    }

    /// <inheritdoc cref="Tensor.bernoulli(Generator)"/>
    public static Tensor bernoulli(Tensor input, Generator? generator = null) => input.bernoulli(generator);

    /// <inheritdoc cref="Tensor.multinomial(long, bool, Generator)"/>
    public static Tensor multinomial(
        Tensor input,
        long num_samples,
        bool replacement = false,
        Generator? generator = null
    ) => input.multinomial(num_samples, replacement, generator);

    /// <inheritdoc cref="Tensor.poisson(Generator)"/>
    public static Tensor poisson(Tensor input, Generator? generator = null) => input.poisson(generator);

    /// <inheritdoc cref="Tensor.binomial(Tensor, Generator)"/>
    public static Tensor binomial(Tensor count, Tensor probs, Generator? generator = null) =>
        count.binomial(probs, generator);

    /// <summary>Normal numbers with one mean and standard deviation an element.</summary>
    public static Tensor normal(Tensor mean, Tensor std, Generator? generator = null) =>
        Aten.NormalTensorTensor.Call(mean, std, generator);

    /// <summary>Normal numbers of one mean and standard deviation.</summary>
    public static Tensor normal(
        double mean,
        double std,
        ReadOnlySpan<long> size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) =>
        Fresh(
            Aten.NormalFloatFloat.Call(
                mean,
                std,
                size.ToArray(),
                generator,
                dtype ?? default_dtype,
                Value.None,
                On(device)
            ),
            requires_grad
        );

    /// <summary>Uniform integers in [low, high).</summary>
    public static Tensor randint(
        long low,
        long high,
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) =>
        Fresh(
            Aten.RandintLowGenerator.Call(
                low,
                high,
                size,
                generator,
                dtype ?? ScalarType.Int64,
                Value.None,
                On(device)
            ),
            requires_grad
        );

    /// <summary>Uniform integers in [0, high).</summary>
    public static Tensor randint(
        long high,
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randint(0, high, size, dtype, device, requires_grad, generator);

    /// <summary>Uniform integers in [low, high).</summary>
    public static Tensor randint(
        int low,
        int high,
        int[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randint(low, high, Array.ConvertAll(size, n => (long)n), dtype, device, requires_grad, generator);

    /// <summary>Uniform integers in [0, high).</summary>
    public static Tensor randint(
        int high,
        int[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) => randint(0, high, size, dtype, device, requires_grad, generator);

    /// <summary>A random order of 0, ..., n - 1.</summary>
    public static Tensor randperm(
        long n,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) =>
        Fresh(
            Aten.RandpermGenerator.Call(n, generator, dtype ?? ScalarType.Int64, Value.None, On(device)),
            requires_grad
        );
}
