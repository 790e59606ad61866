using Romana.Demo.Ec2;

namespace Romana.Demo.Wire;

/// <summary>What an action answers.</summary>
internal abstract record Reply
{
    private Reply()
    {
    }

    public sealed record Answered(Action<Ec2Xml> Body) : Reply;

    public sealed record Refused(Ec2Error Error) : Reply;

    /// <summary>The answer of most mutations.</summary>
    public static readonly Reply True = new Answered(xml => xml.Text("return", true));

    public static Reply Of(Outcome outcome) => Of(outcome, _ => True);

    public static Reply Of(Outcome outcome, Func<Outcome.Done, Reply> done) => outcome switch
    {
        Outcome.Done made => done(made),
        Outcome.Refused refused => new Refused(refused.Error),
        _ => throw new InvalidOperationException("an outcome is Done or Refused"),
    };
}

/// <summary>An action of the API.</summary>
internal delegate Reply Ec2Action(SimulatedVpc vpc, QueryRequest request);
