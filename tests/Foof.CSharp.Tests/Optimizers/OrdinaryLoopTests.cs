using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>Every optimiser in the loop of call, backward and step, with what users do between the lines.</summary>
public sealed class OrdinaryLoopTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    public static TheoryData<string> Names => [.. Toy.Facades.Keys];

    // Their update is linear in the gradient; Shampoo has its curvature from it, and Eva clips its steps.
    public static TheoryData<string> LinearNames =>
        [.. Toy.Facades.Keys.Where(name => name is not ("shampoo" or "eva"))];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_batch_with_NaN_is_skipped_as_if_it_had_not_been(string name)
    {
        var batches = Toy.Batches(6);
        var expected = Run(name, (optimizer, _) => Steps(optimizer, batches));
        var found = Run(
            name,
            (optimizer, model) =>
            {
                Steps(optimizer, batches[..3]);
                var weights = Toy.Weights(model);
                var (input, target) = (batches[0].Input * float.NaN, batches[0].Target);
                optimizer.zero_grad();
                nn.functional.cross_entropy(model.call(input), target).backward();
                _ = Assert.Throws<NumericalFailure>(() => optimizer.step());
                _ = Assert.Throws<NumericalFailure>(() => optimizer.Step(input, target));
                Assert.Equal(weights, Toy.Weights(model));
                Steps(optimizer, batches[3..]);
            }
        );
        Assert.Equal(expected, found);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Validation_between_steps_changes_no_step(string name)
    {
        var batches = Toy.Batches(6);
        var expected = Run(name, (optimizer, _) => Steps(optimizer, batches));
        var found = Run(
            name,
            (optimizer, model) =>
            {
                foreach (var batch in batches)
                {
                    Validate(model);
                    Steps(optimizer, [batch]);
                }
            }
        );
        Assert.Equal(expected, found);

        static void Validate(nn.Module<Tensor, Tensor> model)
        {
            model.eval();
            using (no_grad())
                _ = model.call(ones(20, 6) * 100);
            _ = model.call(ones(3, 6) * 100);
            model.train();
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_in_the_middle_continues_to_the_same_bits(string name)
    {
        using var folder = new Folder();
        var batches = Toy.Batches(7);
        var expected = Run(
            name,
            (optimizer, model) =>
            {
                Steps(optimizer, batches[..4]);
                Safetensors.Save(folder["model"], model.state_dict());
                optimizer.Save(folder["optimizer"]);
                Steps(optimizer, batches[4..]);
            }
        );
        var found = Run(
            name,
            (optimizer, model) =>
            {
                // What the optimiser had before it is all replaced.
                Steps(optimizer, batches[..1]);
                using var weights = Safetensors.Load(folder["model"]);
                model.load_state_dict(weights.Tensors.ToDictionary());
                optimizer.Load(folder["optimizer"]);
                Steps(optimizer, batches[4..]);
            }
        );
        Assert.Equal(expected, found);
    }

    [Theory]
    [MemberData(nameof(LinearNames))]
    public void A_gradient_that_is_clipped_makes_a_step_that_is_shorter_by_as_much(string name)
    {
        var (input, target) = Toy.Batches(1)[0];
        var (whole, norm) = Moved(1e6);
        var (clipped, _) = Moved(norm / 8);
        for (var i = 0; i < whole.Length; i++)
            Assert.Equal(whole[i] / 8, clipped[i], 1e-5 * whole.Max(Math.Abs));

        (float[] Update, double Norm) Moved(double most)
        {
            var model = Toy.Model();
            using var optimizer = Toy.Facades[name](model);
            // Decay would move the weights without a gradient.
            foreach (var group in optimizer.ParamGroups.Cast<ParameterGroup>())
                group.Options.WeightDecay = 0;
            var before = Toy.Weights(model);
            Curvature(optimizer, input, target);
            Backward(optimizer, input, target);
            var norm = nn.utils.clip_grad_norm_(model.parameters(), most);
            optimizer.step();
            return ([.. Toy.Weights(model).Zip(before, (now, then) => now - then)], norm);
        }
    }

    private static float[] Run(string name, Action<CurvatureOptimizer, nn.Module<Tensor, Tensor>> run)
    {
        var model = Toy.Model();
        using var optimizer = Toy.Facades[name](model);
        run(optimizer, model);
        return Toy.Weights(model);
    }

    private static void Steps(CurvatureOptimizer optimizer, IEnumerable<(Tensor Input, Tensor Target)> batches)
    {
        foreach (var (input, target) in batches)
        {
            Curvature(optimizer, input, target);
            Backward(optimizer, input, target);
            optimizer.step();
        }
    }

    private static void Curvature(CurvatureOptimizer optimizer, Tensor input, Tensor target)
    {
        if (optimizer is not (ShampooOptimizer or FoofOptimizer))
            optimizer.UpdateCurvature(input, target);
    }

    private static void Backward(CurvatureOptimizer optimizer, Tensor input, Tensor target)
    {
        optimizer.zero_grad();
        nn.functional.cross_entropy(((nn.Module<Tensor, Tensor>)optimizer.Model).call(input), target).backward();
    }
}
