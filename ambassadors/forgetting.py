"""What is not kept: yesterday's visitors, old texts, pictures that nothing shows, old answers and
certificates, and the words of who leaves.
"""

from datetime import timedelta

from ambassadors.models import (
    AnswerUse,
    Attempt,
    Certificate,
    ClickMark,
    CourseImage,
    LessonDone,
    OwnPost,
    PostSuggestion,
    Share,
)
from notifications import periodic
from server.accounts.models import User


def register() -> None:
    day = timedelta(days=1)
    hour = timedelta(hours=1)
    periodic.register("forget-click-marks", every=hour, run=ClickMark.forget_old)
    periodic.register("forget-shared-texts", every=day, run=Share.forget_texts)
    periodic.register("forget-course-pictures", every=day, run=CourseImage.forget_unused)
    periodic.register("forget-answered-texts", every=day, run=AnswerUse.forget_texts)
    periodic.register("forget-certificates", every=day, run=Certificate.forget_ended)
    periodic.register("forget-quiz-answers", every=day, run=Attempt.forget_old_answers)
    periodic.register("forget-lessons-done", every=day, run=LessonDone.forget_old)
    User.on_leaving += [
        Attempt.forget_answers_of,
        Share.forget_words_of,
        OwnPost.forget_words_of,
        AnswerUse.forget_words_of,
        PostSuggestion.forget_words_of,
    ]
