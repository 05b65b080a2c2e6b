package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// Outcomes are remembered under request ids, so answers and refusals have numbers on disk. Numbers
// are never reused. Missing are those that no request can end with, or that must not be repeated:
// Recheck asks the engine to try again, RequestMismatch is about the table itself.
var outcomes = [...]func() any{
	1:  func() any { return new(LoadAnswer) },
	2:  func() any { return new(RouteAnswer) },
	3:  func() any { return new(UnloadAnswer) },
	4:  func() any { return new(StartAnswer) },
	5:  func() any { return new(RunAnswer) },
	6:  func() any { return new(TurnAnswer) },
	7:  func() any { return new(FireAnswer) },
	8:  func() any { return new(Done) },
	9:  func() any { return new(LeaseAnswer) },
	10: func() any { return new(TaskAnswer) },
	11: func() any { return new(ScheduleAnswer) },
	12: func() any { return new(PurgeAnswer) },
	13: func() any { return new(ContinueAnswer) },
	14: func() any { return new(TimeAnswer) },
	15: func() any { return new(VersionsPurged) },

	18: func() any { return new(CanaryAnswer) },

	// 16 and 17: see outcome_packed.go

	20: func() any { return new(DeployAnswer) },
	21: func() any { return new(TokenAnswer) },
	24: func() any { return new(PackageStarted) },
	28: func() any { return new(PolicyAnswer) },
	27: func() any { return new(UpdateAnswer) },
	29: func() any { return new(NamespaceAnswer) },

	32: func() any { return new(NotFound) },
	33: func() any { return new(NotRunning) },
	34: func() any { return new(AlreadyRunning) },
	35: func() any { return new(InvalidState) },
	36: func() any { return new(ResourceExhausted) },
	37: func() any { return new(VersionPinned) },
	38: func() any { return new(Fenced) },
	39: func() any { return new(NoSchedule) },
	40: func() any { return new(ScheduleExists) },
	41: func() any { return new(NotNewest) },
	42: func() any { return new(NoUnloadAsked) },
	43: func() any { return new(NoCanary) },
	44: func() any { return new(NoToken) },
	45: func() any { return new(TokenExists) },
	46: func() any { return new(AuthBegun) },

	50: func() any { return new(ChangeRefused) },
	52: func() any { return new(NotEphemeral) },
	56: func() any { return new(NotInPolicy) },
	57: func() any { return new(PolicyConflict) },
	58: func() any { return new(SignatureRequired) },
	59: func() any { return new(SignatureInvalid) },
	53: func() any { return new(NoNamespace) },
	54: func() any { return new(NamespaceExists) },
	55: func() any { return new(NamespaceHolds) },
	60: func() any { return new(QuotaReached) },

	64: func() any { return new(catalog.UnknownVersion) },
	65: func() any { return new(catalog.UnknownWorkflowType) },
	66: func() any { return new(catalog.VersionUnavailable) },
	67: func() any { return new(catalog.ManifestMismatch) },
	68: func() any { return new(catalog.InvalidInput) },
	69: func() any { return new(catalog.InvalidPackage) },
	70: func() any { return new(catalog.PackageTooLarge) },
	71: func() any { return new(catalog.RouteConflict) },
	72: func() any { return new(catalog.RouteActive) },
	73: func() any { return new(catalog.CanaryActive) },

	80: func() any { return new(BatchAnswer) },
	81: func() any { return new(NoBatch) },

	82: func() any { return new(AlreadyClosed) },
	83: func() any { return new(ActivityAnswer) },
	84: func() any { return new(ActivityOver) },
	90: func() any { return new(StopAnswer) },
	91: func() any { return new(Stopped) },
	92: func() any { return new(RunQuotaReached) },
	96: func() any { return new(ResetAnswer) },
	97: func() any { return new(JoinTokenAnswer) },
}

func outcomeKind(v any) byte {
	switch v.(type) {
	case *LoadAnswer:
		return 1
	case *RouteAnswer:
		return 2
	case *UnloadAnswer:
		return 3
	case *StartAnswer:
		return 4
	case *RunAnswer:
		return 5
	case *TurnAnswer:
		return 6
	case *FireAnswer:
		return 7
	case *Done:
		return 8
	case *LeaseAnswer:
		return 9
	case *TaskAnswer:
		return 10
	case *ScheduleAnswer:
		return 11
	case *PurgeAnswer:
		return 12
	case *ContinueAnswer:
		return 13
	case *TimeAnswer:
		return 14
	case *VersionsPurged:
		return 15
	case *BatchAnswer:
		return 80
	case *NoBatch:
		return 81
	case *AlreadyClosed:
		return 82
	case *ActivityAnswer:
		return 83
	case *ActivityOver:
		return 84
	case *StopAnswer:
		return 90
	case *Stopped:
		return 91
	case *RunQuotaReached:
		return 92
	case *ResetAnswer:
		return 96
	case *JoinTokenAnswer:
		return 97
	case *NoUnloadAsked:
		return 42
	case *NoCanary:
		return 43
	case *CanaryAnswer:
		return 18
	case *catalog.CanaryActive:
		return 73
	case *DeployAnswer:
		return 20
	case *TokenAnswer:
		return 21
	case *PolicyAnswer:
		return 28
	case *NotInPolicy:
		return 56
	case *PolicyConflict:
		return 57
	case *SignatureRequired:
		return 58
	case *SignatureInvalid:
		return 59
	case *NoToken:
		return 44
	case *TokenExists:
		return 45
	case *AuthBegun:
		return 46
	case *ChangeRefused:
		return 50
	case *PackageStarted:
		return 24
	case *UpdateAnswer:
		return 27
	case *NotEphemeral:
		return 52
	case *NamespaceAnswer:
		return 29
	case *NoNamespace:
		return 53
	case *NamespaceExists:
		return 54
	case *NamespaceHolds:
		return 55
	case *QuotaReached:
		return 60
	case *NotFound:
		return 32
	case *NotRunning:
		return 33
	case *AlreadyRunning:
		return 34
	case *InvalidState:
		return 35
	case *ResourceExhausted:
		return 36
	case *VersionPinned:
		return 37
	case *Fenced:
		return 38
	case *NoSchedule:
		return 39
	case *ScheduleExists:
		return 40
	case *NotNewest:
		return 41
	case *catalog.UnknownVersion:
		return 64
	case *catalog.UnknownWorkflowType:
		return 65
	case *catalog.VersionUnavailable:
		return 66
	case *catalog.ManifestMismatch:
		return 67
	case *catalog.InvalidInput:
		return 68
	case *catalog.InvalidPackage:
		return 69
	case *catalog.PackageTooLarge:
		return 70
	case *catalog.RouteConflict:
		return 71
	case *catalog.RouteActive:
		return 72
	}
	return 0
}

// encodeOutcome writes the answer or the refusal of r behind its number.
func encodeOutcome(r Result) []byte {
	var v any = r.Answer
	if r.Refusal != nil {
		v = r.Refusal
	}
	kind := outcomeKind(v)
	if kind == 0 {
		panic(fmt.Sprintf("fsm: outcome %T has no number", v))
	}
	return append([]byte{kind}, rows.Encoded(v)...)
}

func decodeOutcome(b []byte) (r Result, err error) {
	if len(b) == 0 || int(b[0]) >= len(outcomes) || outcomes[b[0]] == nil {
		return r, fmt.Errorf("outcome %.1x is not known to this build", b)
	}
	v := outcomes[b[0]]()
	if err := rows.Decode(b[1:], v); err != nil {
		return r, fmt.Errorf("decode %T: %w", v, err)
	}
	switch v := v.(type) {
	case Answer:
		r.Answer = v
	case Refusal:
		r.Refusal = v
	}
	return r, nil
}
