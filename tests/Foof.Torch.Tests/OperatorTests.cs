using System.Reflection;
using TorchSharp.Native;

namespace Foof.Torch.Tests;

public class OperatorTests
{
    [Fact]
    public void Every_bound_operator_exists_in_this_libtorch()
    {
        var operators = typeof(Aten)
            .GetFields(BindingFlags.Static | BindingFlags.NonPublic)
            .Select(field => field.GetValue(null))
            .OfType<Op>()
            .ToList();
        Assert.NotEmpty(operators);
        Assert.All(operators, op => op.Require());
    }

    [Fact]
    public void An_unknown_operator_is_refused_by_name()
    {
        var error = Assert.Throws<NotSupportedException>(() => new Op("no_such_operator").Require());
        Assert.Contains("no_such_operator", error.Message, StringComparison.Ordinal);
    }
}
